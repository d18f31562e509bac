import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { demoApplications, demoVault } from '../../src/bootstrap/demo.js';
import { openSqlite } from '../../src/store/sqlite.js';
import { afterwards } from '../support/cleanup.js';
import { bodies, callBridge } from '../support/clients/legacy.js';
import { runCommand } from '../support/command.js';
import { startBridge, temporaryFolder } from '../support/servers/bridge.js';
import { credentials, type ModernApis, newTicket, startModernApis } from '../support/servers/modern-apis.js';
import { type Child, type Ended, startNode } from '../support/servers/process.js';
import { until } from '../support/until.js';

const script = fileURLToPath(new URL('../../src/cli.js', import.meta.url));

const [{ apiKey }] = demoApplications;

/** A folder with these files, for doctor to run in. */
async function folder(files: Readonly<Record<string, string | Buffer>> = {}): Promise<string> {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), content);
  return path;
}

const doctor = (cwd: string, ...args: string[]): Promise<Ended> => runCommand({ cwd }, ['doctor', ...args]);

/** Likewise, in a process of its own. */
const doctorProcess = (cwd: string, ...args: string[]): Child => startNode(cwd, script, 'doctor', ...args);

const good = `action=get_account_info&api_key=${apiKey}&auth_token=anything`;

describe('doctor', () => {
  test.each(['soap', 'xml', 'rest'])('says so where a request by %s has no length', async (format) => {
    const request = `POST /api/1.0/${format} HTTP/1.1\r\nHost: x\r\n\r\n${format === 'rest' ? good : '<request/>'}`;
    const { code, stdout } = await doctor(await folder({ request }), 'request');
    expect(code).toBe(1);
    expect(stdout).toMatch(/to do +send Content-Length/);
  });

  test('says so where an editor has changed the ends of the lines', async () => {
    const request = `POST /api/1.0/soap HTTP/1.1\nHost: x\nContent-Length: ${good.length}\n\n${good}`;
    const { code, stdout } = await doctor(await folder({ request }), 'request');
    expect(code).toBe(1);
    expect(stdout).toMatch(/to do +end each line of the head/);
  });

  test('shows what becomes of a request, and that it would be answered', async () => {
    const file = `POST /api/1.0/rest HTTP/1.1\r\nHost: x\r\nContent-Length: ${good.length}\r\n\r\n${good}`;
    const cwd = await folder({ 'call.http': file });
    const { code, stdout, stderr } = await doctorProcess(cwd, 'call.http').end;
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`call.http: would be answered, with get_account_info_ok
  request         POST /api/1.0/rest
  format          REST: its path is /api/1.0/rest
  dialect         a form of name=value: the body is one
  character set   that of each value: no charset is named for the body: a value is in UTF-8 where its bytes are, else in Windows-1252
  call            get_account_info
                    api_key = ***
                    auth_token = ***
  application     Demo of seatable
  provider        seatable at http://sandbox.invalid/seatable
  modern request  GET http://sandbox.invalid/seatable/api2/account/info/
                  Authorization: ***
                  Accept: application/json; indent=4
                  → 200, from the recorder
  reply           HTTP 200
                  Content-Type: text/xml
                  Cache-Control: no-store
                  Content-Length: 349
                  <?xml version='1.0' encoding='UTF-8' ?>
                  <response>
                    <status>get_account_info_ok</status>
                    <user>
                      <login>teamplayer@example.com</login>
                      <email>teamplayer@example.com</email>
                      <access_id>1</access_id>
                      <user_id>1</user_id>
                      <space_amount>100000000000</space_amount>
                      <space_used>121974751</space_used>
                      <max_upload_size>2147483648</max_upload_size>
                    </user>
                  </response>

`);
    expect(await readdir(cwd)).toEqual(['call.http']);
  });

  test('says what to change where it would not be, from standard input', async () => {
    const child = doctorProcess(await folder(), '-');
    child.endInput(`action=get_acount_info&api_key=${apiKey}&auth_token=anything`);
    const { code, stdout, stderr } = await child.end;
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toMatch(/^standard input: would not be answered, with wrong_input\n/);
    expect(stdout).toMatch(
      /\n {2}cause {11}unknown action: "get_acount_info"\n {2}to do {11}did you mean get_account_info\? /,
    );
  });

  test('takes a session, a ticket and a user_id for granted', async () => {
    const calls = [
      `action=get_account_details&api_key=${demoVault.apiKey}&auth_token=a-token&user_id=4711`,
      `action=get_auth_token&api_key=${demoVault.apiKey}&ticket=a-ticket`,
    ];
    const entries = calls.map((query) => ({
      request: { method: 'GET', url: `http://x/api/1.0/rest?${query}`, headers: [] },
    }));
    const cwd = await folder({ 'calls.har': JSON.stringify({ log: { entries } }) });
    const { code, stdout } = await doctor(cwd, 'calls.har', '--json');
    const { requests, skipped } = JSON.parse(stdout);
    expect([code, skipped]).toEqual([0, []]);
    expect(requests).toMatchObject([
      {
        name: 'entry 1',
        answered: true,
        http_status: 200,
        status: 'get_account_details_ok',
        request: { method: 'GET', target: expect.stringContaining('user_id=4711') },
        seen: expect.arrayContaining([{ what: 'format', is: 'REST', why: 'its path is /api/1.0/rest' }]),
        application: { name: 'Demo of seatable', provider: 'seatable', base_url: 'http://sandbox.invalid/seatable' },
        reply: { status: 200, body: expect.stringContaining('<user_id>4711</user_id>') },
        assumed: ['that its auth_token is one of the vault', 'that its user_id is that of the account'],
        advice: [],
      },
      { name: 'entry 2', answered: true, assumed: ['that its user has signed in with the ticket'] },
    ]);
    expect(requests[0].modern_requests[0].reply).toMatchObject({ from: 'the recorder' });
  });

  test('tells of a file of 10 MB that it is too large, and reads a HAR of that size', async () => {
    const body = `${good}&text=${'x'.repeat(10_000_000)}`;
    const entry = { request: { method: 'GET', url: `http://x/api/1.0/rest?${good}`, headers: [] }, comment: body };
    const cwd = await folder({ body, 'large.har': JSON.stringify({ log: { entries: [entry] } }) });
    const [ofBody, ofHar] = await Promise.all([doctor(cwd, 'body'), doctor(cwd, 'large.har')]);
    expect([ofBody.code, ofHar.code]).toEqual([1, 0]);
    expect(ofBody.stdout).toMatch(
      /HTTP 413\n[\s\S]*cause +the request is too large: more than 65536 bytes\n {2}to do +raise `limits.body_bytes`/,
    );
  });

  test('says of a request that is no call that it is none', async () => {
    const request = 'GET /api/1.0/soap?wsdl HTTP/1.1\r\nHost: x\r\n\r\n';
    expect(await runCommand({ cwd: await folder() }, ['doctor', '-'], request)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('note            it is no call'),
    });
  });

  test.each([
    ['GET /api/1.0/auth/0123456789abcdef', 'use --live within 15 minutes of its get_ticket'],
    ['POST http://www.box.net//api/1.0/auth/0123456789abcdef', 'use --live within 15 minutes of its get_ticket'],
    ['PUT /api/1.0/auth/0123456789abcdef', 'look at its form, and whether the modern API answers'],
  ])('says what a request of the sign-in page needs: %s', async (start, advice) => {
    const request = `${start} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`;
    const { code, stdout } = await runCommand({ cwd: await folder() }, ['doctor', '-'], request);
    expect([code, stdout]).toEqual([1, expect.stringContaining(advice)]);
    expect(stdout).not.toContain('0123456789abcdef');
  });

  test.each([
    ['an empty file', '', /^boxbridge: empty\.txt is empty; [^\n]*\n$/],
    ['a file that is nothing', 'Dear Sir,\n', /^boxbridge: empty\.txt is no request as raw HTTP, [^\n]*\n$/],
  ])('refuses %s in one line', async (_what, content, message) => {
    const ended = await doctor(await folder({ 'empty.txt': content }), 'empty.txt');
    expect(ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(message) });
  });

  test.each([
    [['none.http'], 1, 'cannot read none.http (ENOENT)'],
    [['a', '--listen'], 2, 'name a file'],
    [['a', '--live'], 2, 'name a configuration'],
  ])('refuses %j', async (args, code, message) => {
    const ended = await doctor(await folder(), ...args);
    expect(ended).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(message) });
  });
});

describe('doctor --listen', () => {
  const portOf = async (child: Child) => {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const [, port] = /at port (\d+)\n/.exec(child.stderr()) ?? [];
      if (port) return port;
      if (Date.now() > deadline) throw new Error(child.stderr());
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  test('answers the next request and tells of it', async () => {
    const child = doctorProcess(await folder(), '--listen', '--port', '0');
    const port = await portOf(child);
    const url = `http://127.0.0.1:${port}`;
    // A probe of the port is no request.
    const probe = connect(Number(port), '127.0.0.1');
    await once(probe.resume().end(), 'close');
    const reply = await callBridge(url, 'soap', 'get_account_info', [
      ['api_key', apiKey],
      ['auth_token', 'anything'],
    ]);
    expect(reply.status).toBe('get_account_info_ok');
    const { code, stdout } = await child.end;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^the request of 127\.0\.0\.1: would be answered, with get_account_info_ok\n/);
    expect(stdout).toContain('dialect         SOAP 1.1: its Envelope has that namespace');
  });

  test('ends at a signal, in one line', async () => {
    const child = doctorProcess(await folder(), '--listen', '--port', '0');
    await portOf(child);
    child.kill('SIGTERM');
    const { code, stdout, stderr } = await child.end;
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/\nboxbridge: no request came; [^\n]*\n$/);
  });
});

describe('doctor --live', () => {
  let apis: ModernApis;
  beforeAll(async () => {
    apis = await startModernApis();
  });
  afterAll(() => apis.close());

  test('uses the modern API and a copy of the store, which stays as it is', async () => {
    const application = apis.application('seatable', 'vault');
    const bridge = await startBridge({ applications: [application], store: 'sqlite:./a.db', key_file: './a.key' });
    afterwards(bridge.close);
    const ticket = await newTicket(bridge.url, 'vault');
    await writeFile(
      join(bridge.folder, 'bridge.yaml'),
      JSON.stringify({ applications: [application], store: 'sqlite:./a.db', key_file: './a.key' }),
    );
    await writeFile(
      join(bridge.folder, 'body'),
      bodies.xml('get_auth_token', [
        ['api_key', 'vault'],
        ['ticket', ticket],
      ]),
    );
    const content = async () =>
      Promise.all(
        (await readdir(bridge.folder))
          .sort()
          .map(async (name) => [name, await readFile(join(bridge.folder, name), 'base64')]),
      );
    // The bridge itself writes the call for the ticket into its ledger.
    const store = openSqlite(join(bridge.folder, 'a.db'));
    await until(async () => (await store.ledger(0)).length > 0);
    await store.close();
    const before = await content();
    const { code, stdout } = await doctorProcess(bridge.folder, 'body', '--config', 'bridge.yaml', '--live').end;
    expect(code).toBe(1);
    expect(stdout).toContain('cause           nobody has signed in with the ticket yet\n');
    expect(stdout).not.toContain('assumed');
    const ofPage = (secret: string) =>
      runCommand(
        { cwd: bridge.folder },
        ['doctor', '-', '--config', 'bridge.yaml', '--live'],
        `GET /api/1.0/auth/${secret} HTTP/1.1\r\nHost: x\r\n\r\n`,
      );
    expect(await ofPage(ticket)).toMatchObject({ code: 0, stdout: expect.stringContaining('HTTP 200') });
    const over = { code: 1, stdout: expect.stringContaining('put that of a new get_ticket into its path') };
    expect(await ofPage('x'.repeat(32))).toMatchObject(over);
    expect(await content()).toEqual(before);
  });

  test.each([[[]], [['--live']]])('records nothing, with %j', async (more) => {
    const application = { ...apis.application('seatable', 'open'), credentials: 'passthrough' };
    const configuration = { record: { file: './recordings/calls' }, applications: [application] };
    const body = bodies.rest('get_account_info', [
      ['api_key', 'open'],
      ['auth_token', credentials.seatable],
    ]);
    const cwd = await folder({ 'bridge.yaml': JSON.stringify(configuration), body });
    const { code } = await doctor(cwd, 'body', '--config', 'bridge.yaml', ...more);
    expect([code, (await readdir(cwd)).sort()]).toEqual([0, ['body', 'bridge.yaml']]);
  });

  test('sends to the modern API itself', async () => {
    const application = { ...apis.application('seatable', 'open'), credentials: 'passthrough' };
    const body = bodies.rest('get_account_info', [
      ['api_key', 'open'],
      ['auth_token', 'never-issued'],
    ]);
    const cwd = await folder({ 'bridge.yaml': JSON.stringify({ applications: [application] }), body });
    const received = apis.received.length;
    const { code, stdout } = await doctor(cwd, 'body', '--config', 'bridge.yaml', '--live');
    expect(code).toBe(1);
    expect(apis.received.length).toBe(received + 1);
    expect(stdout).toContain('→ 401\n');
    expect(stdout).toContain('cause           reply 401: Invalid token\n');
    expect((await readdir(cwd)).sort()).toEqual(['body', 'bridge.yaml']);
  });
});

describe('doctor without a request', () => {
  test('says of each part of the set-up that it is ok or what to do', async () => {
    const sandbox = await startModernApis();
    afterwards(sandbox.close);
    const applications = [
      { ...sandbox.application('seatable', 'one'), name: 'One', credentials: 'passthrough' },
      { ...sandbox.application('previsto', 'two'), name: 'Two', credentials: 'passthrough' },
    ];
    const cwd = await folder({ 'bridge.yaml': JSON.stringify({ applications }), token: credentials.previsto });
    const { code, stdout, stderr } = await doctor(cwd, '--config', 'bridge.yaml');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      'ok     configuration: 2 application(s)',
      expect.stringMatching(/^ok {5}store: \S+\/data\/bridge\.db will be made at the first start$/),
    ]);
    const token = ['--config', 'bridge.yaml', '--auth-token-file', 'token'];
    const [one, two, either] = await Promise.all(
      [[...token, '--application', 'One'], [...token, '--application', 'Two'], token].map((args) =>
        doctor(cwd, ...args),
      ),
    );
    expect(one).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('to do  credential for One: enter a valid '),
    });
    expect(two).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('ok     credential for Two: its account can be read'),
    });
    expect(either).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^boxbridge: which application [^\n]*\n$/),
    });
    for (const ended of [one, two, either])
      expect(`${ended?.stdout}${ended?.stderr}`).not.toContain(credentials.previsto);
    expect((await readdir(cwd)).sort()).toEqual(['bridge.yaml', 'token']);
  });

  test('needs a configuration', async () => {
    const ended = await doctorProcess(await folder()).end;
    expect(ended).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('error: name a configuration'),
    });
  });
});
