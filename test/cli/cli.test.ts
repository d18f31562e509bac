import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Listener, listen } from '../../src/http/listener.js';
import { providers } from '../../src/providers/index.js';
import { sandboxCredentials, sandboxPaths, startSandbox } from '../../src/sandbox/sandbox.js';
import { createUpstreams } from '../../src/upstream/client.js';
import { describeWith } from '../interop/requirements.js';
import { afterwards } from '../support/cleanup.js';
import { runCommand } from '../support/command.js';
import { problemsIn } from '../support/problems.js';
import { startBridgeIn, temporaryFolder } from '../support/servers/bridge.js';
import { type Child, type Ended, startNode, startNodeIn } from '../support/servers/process.js';
import { canned, startUpstream } from '../support/servers/upstream.js';

const script = fileURLToPath(new URL('../../src/cli.js', import.meta.url));
const packageFile = new URL('../../../package.json', import.meta.url);

let sandbox: Listener;
/** A port in use. */
let busy: string;

beforeAll(async () => {
  sandbox = await startSandbox({ host: '127.0.0.1', port: 0 });
  busy = new URL(sandbox.url).port;
});
afterAll(() => sandbox.close());

type Files = Readonly<Record<string, string>>;

/** A directory with these files; BUSY and SANDBOX in their text are replaced. */
async function folder(files: Files = {}): Promise<string> {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), filled(text));
  return path;
}

const filled = (text: string) => text.replaceAll('BUSY', busy).replaceAll('SANDBOX', sandbox.url);

/** Runs a command line in `cwd`. */
const boxbridge = (cwd: string, commandLine: string): Promise<Ended> =>
  runCommand({ cwd }, filled(commandLine).split(' '));

/** Likewise, in a process of its own. */
const startProcess = (cwd: string, commandLine: string): Child =>
  startNode(cwd, script, ...filled(commandLine).split(' '));

const runProcess = (cwd: string, commandLine: string): Promise<Ended> => startProcess(cwd, commandLine).end;

/** Each of these command lines, in a directory with these files, ends with this code and one line with all `parts`. */
async function expectEnds(
  code: number,
  prefix: string,
  rows: readonly (readonly [commandLine: string, files: Files, parts: readonly string[]])[],
  run = boxbridge,
): Promise<void> {
  const ends = rows.map(async ([commandLine, files]) => {
    const ended = await run(await folder(files), commandLine);
    return [commandLine, ended.code, ended.stdout, ended.stderr];
  });
  expect(await Promise.all(ends)).toEqual(
    rows.map(([commandLine, , parts]) => [commandLine, code, '', expect.stringMatching(oneLine(`${prefix}: `, parts))]),
  );
}

/** One line with this prefix, with all of these parts in this order. */
function oneLine(start: string, parts: readonly string[]): RegExp {
  return new RegExp(`^${start}[^\\n]*${parts.map(literal).join('[^\\n]*')}[^\\n]*\\n$`);
}

/** A line with this prefix for each of these parts. */
function oneEach(start: string, parts: readonly string[]): RegExp {
  return new RegExp(`^${parts.map((part) => `${start}${literal(part)}[^\\n]*\\n`).join('')}$`);
}

const literal = (text: string) => filled(text).replace(/[[\]().?*+^$|{}\\]/g, '\\$&');

const urlIn = (line: string) => /http:\/\/[^\s]+/.exec(line)?.[0] ?? '';

/** A configuration of one application for each of these. */
const configuration = (applications: Files, more = '') =>
  Object.entries(applications).reduce(
    (text, [provider, baseUrl]) =>
      `${text}- api_key: key-of-${provider}\n  name: Old ${provider} client\n  provider: ${provider}\n  base_url: ${baseUrl}\n`,
    `${more}\napplications:\n`,
  );

const sandboxed = Object.fromEntries(Object.entries(sandboxPaths).map(([name, path]) => [name, `SANDBOX${path}`]));

/** Ten lines, two applications. */
const TEN_LINES = `store: sqlite:./bridge.db
listen: { port: BUSY }
applications:
- api_key: rrc1d3ntb53tt6b2vhail6rdtrsxov3v
  provider: seatable
  base_url: SANDBOX/seatable
  defaults: { max_upload_size: 104857600 }
- api_key: previsto000000000000000000000000
  provider: previsto
  base_url: SANDBOX/previsto`;

describe('a valid command line', () => {
  test('--help names every command', async () => {
    const { code, stdout, stderr } = await boxbridge(await folder(), '--help');
    expect([code, stderr]).toEqual([0, '']);
    for (const command of ['serve', 'check', 'providers', 'sandbox']) expect(stdout).toMatch(`\n  ${command} `);
  });

  test('--version is the version of the package', async () => {
    const { version } = JSON.parse(await readFile(packageFile, 'utf8'));
    for (const run of [boxbridge, runProcess])
      expect(await run(await folder(), '--version')).toMatchObject({ code: 0, stdout: `${version}\n` });
  });

  test('providers prints a table of what each modern API can', async () => {
    const { code, stdout, stderr } = await boxbridge(await folder(), 'providers');
    expect([code, stderr]).toEqual([0, '']);
    const [head, rule, ...rows] = stdout.trimEnd().split('\n');
    const columns = (cell: (name: string) => string) => providers.map(({ name }) => ` ${cell(name)} |`).join('');
    expect(head).toBe(`| action |${columns((name) => name)}`);
    expect(rule).toBe(`| --- |${columns(() => '---')}`);
    expect(rows).toContain(`| get_account_info |${columns(() => 'yes')}`);
    const cells = new RegExp(
      `^\\| \\w+ (\\| (yes|yes; vault: with the password too|vault|–|\\w+(, \\w+)*) ){${providers.length}}\\|$`,
    );
    for (const row of rows) expect(row).toMatch(cells);
  });

  test('a reader that closes the pipe early is no failure', async () => {
    const child = startProcess(await folder(), 'providers');
    child.stopReading();
    expect(await child.end).toMatchObject({ code: 0, stderr: '' });
  });

  test('neither is one that closes the pipe of what is told', async () => {
    const cwd = await folder({ 'bridge.yaml': configuration(sandboxed, 'trust_proxy: true') });
    const ends = ['check', 'serv'].map((command) => {
      const child = startProcess(cwd, command);
      child.stopReadingLog();
      return child.end;
    });
    expect(await Promise.all(ends)).toMatchObject([
      { code: 0, stdout: expect.stringContaining('bridge.yaml: good') },
      { code: 2, stdout: '' },
    ]);
  });
});

const UNPRIVILEGED = '/proc/sys/net/ipv4/ip_unprivileged_port_start';
/** The first port that is for all; a container may have none that is for root. */
const firstForAll = existsSync(UNPRIVILEGED) ? Number(readFileSync(UNPRIVILEGED, 'utf8')) : 0;
const setpriv = { what: 'setpriv', debian: 'util-linux', probe: ['setpriv', '--version'] } as const;
const isRoot = process.getuid?.() === 0;

function portForRoot(): void {
  test('check names it, as serve does', async () => {
    const listen = 'admin: { host: localhost, port: 2 }\nlisten: { host: 0.0.0.0, port: 1 }';
    const cwd = await folder({ 'bridge.yaml': configuration(sandboxed, listen) });
    // Root may listen anywhere, without this capability it may not.
    const under = isRoot ? ['/bin/sh', '-c', 'exec setpriv --bounding-set=-net_bind_service "$0" "$@"'] : [];
    const [checked, served] = await Promise.all(
      ['check', 'serve'].map((command) => startNodeIn({ cwd, under }, script, command).end),
    );
    const advice = 'name a port from 1024 on, or give this user CAP_NET_BIND_SERVICE';
    expect(checked).toMatchObject({ code: 1, stdout: '' });
    expect(checked?.stderr).toBe(
      [
        `boxbridge: bridge.yaml:1: admin.port: cannot listen on localhost:2 (EACCES); ${advice}\n`,
        `boxbridge: bridge.yaml:2: listen.port: cannot listen on 0.0.0.0:1 (EACCES); ${advice}\n`,
      ].join(''),
    );
    expect(served).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot listen on 0.0.0.0:1 (') });
  });
}

if (firstForAll < 3) describe.skip('a port that is not for this user: on this machine all are', portForRoot);
else describeWith(isRoot ? [setpriv] : [], 'a port that is not for this user', portForRoot);

test('an invalid command line exits with 2 and one line', async () => {
  const badPort = (word: string) =>
    `'--port <port>' argument '${word}' is invalid. A port is a number from 0 to 65535.`;
  await expectEnds(2, 'error', [['serv', {}, ["unknown command 'serv' (Did you mean serve?)"]]], runProcess);
  await expectEnds(2, 'error', [
    ['sing', {}, ["unknown command 'sing'"]],
    ['serv', {}, ["unknown command 'serv' (Did you mean serve?)"]],
    ['tokens lst', {}, ["unknown command 'lst' (Did you mean list?)"]],
    ['providers nwe name', {}, ["unknown command 'nwe'; write providers new NAME, or providers alone"]],
    ['serve now', {}, ["too many arguments for 'serve'"]],
    ['serve --prot 1', {}, ["unknown option '--prot' (Did you mean --port?)"]],
    ['serve --port 65536', {}, [badPort('65536')]],
    ['serve --port=', {}, [badPort('')]],
    ['sandbox --port 80a', {}, [badPort('80a')]],
    ['sandbox --port 0 --print-config', {}, ['--print-config needs the port']],
    ['health --port 80a', {}, [badPort('80a')]],
    ['serve --host=', {}, ["'--host <host>' argument '' is invalid. A host is a name or an address."]],
    ...['check', 'usage', 'doctor', 'tokens revoke --all'].map(
      (command) =>
        [command, {}, ['name a configuration', '--config FILE, or BOXBRIDGE_CONFIG, or ./bridge.yaml']] as const,
    ),
    ['check a.yaml --config b.yaml', {}, ['name the configuration once']],
    ['serve --all --config bridge.yaml', {}, ["option '--all' cannot be used with option '--config <file>'"]],
  ]);
});

test('an empty command line exits with 2 and shows the usage', async () => {
  const { code, stdout, stderr } = await startNode(await folder(), script).end;
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^Usage: boxbridge /);
});

describe('check', () => {
  test('accepts a valid configuration, without listening or creating anything', async () => {
    const cwd = await folder({ 'good.yaml': TEN_LINES.replace('BUSY', '0') });
    const expected = { code: 0, stdout: 'good.yaml: good, 2 application(s)\n', stderr: '' };
    expect(await boxbridge(cwd, 'check --config good.yaml')).toMatchObject(expected);
    expect(await readdir(cwd)).toEqual(['good.yaml']);
  });

  test('names every problem of an invalid one with its line, as serve does', async () => {
    const more = 'listen: { port: BUSY, hots: here }\ncolour: blue\nlimits: { body_bytes: none }';
    const cwd = await folder({ 'bad.yaml': configuration({ seatable: 'SANDBOX/seatable?', fax: 'nowhere' }, more) });
    const problems = [
      'bad.yaml:1: listen.hots is not a known key;',
      'bad.yaml:2: colour is not a known key;',
      'bad.yaml:3: limits.body_bytes must be an integer',
      'bad.yaml:8: applications[0].base_url must be an http or https URL',
      'bad.yaml:11: applications[1].provider must be ',
      'bad.yaml:12: applications[1].base_url must be an http or https URL',
    ];
    const stderr = expect.stringMatching(oneEach('boxbridge: ', problems));
    const ends = [boxbridge(cwd, 'check --config bad.yaml'), runProcess(cwd, 'serve --config bad.yaml')];
    for (const end of await Promise.all(ends)) expect(end).toMatchObject({ code: 1, stdout: '', stderr });
    expect(await readdir(cwd)).toEqual(['bad.yaml']);
  });

  test('takes variables of the environment in a value, as serve does', async () => {
    const reference = (name: string) => `$\{${name}}`;
    const cwd = await folder({
      'bridge.yaml': TEN_LINES.replace('BUSY', '0').replace(/base_url: .*/, `base_url: ${reference('API')}`),
    });
    const check = (env: Readonly<Record<string, string>>) =>
      runCommand({ cwd, env }, ['check', '--config', 'bridge.yaml']);
    expect(await check({ API: sandbox.url })).toMatchObject({ code: 0, stderr: '' });
    const stderr = expect.stringMatching(
      /^boxbridge: bridge\.yaml:\d+: the variable API is not set; set it, [^\n]+\n$/,
    );
    expect(await check({})).toMatchObject({ code: 1, stdout: '', stderr });
  });

  test('warns of a redirect_url that old programs cannot take apart, and accepts it', async () => {
    const urls = [
      'http://old.example.com/box',
      'http://old.example.com/box?from=s3cret',
      'http://old.example.com/#s3cret',
    ];
    const applications = urls.map(
      (url, index) =>
        `{ api_key: k${index}, provider: seatable, base_url: 'http://127.0.0.1:1', credentials: vault, redirect_url: '${url}' }`,
    );
    const cwd = await folder({ 'good.yaml': `applications: [${applications.join(', ')}]` });
    const { code, stdout, stderr } = await boxbridge(cwd, 'check --config good.yaml');
    expect([code, stdout]).toEqual([0, 'good.yaml: good, 3 application(s)\n']);
    const warning = (index: number) =>
      `boxbridge: warning: good.yaml:1: applications[${index}].redirect_url has a query or a fragment of its own; `;
    expect(stderr).toMatch(oneEach('', [warning(1), warning(2)]));
    expect(stderr).not.toContain('s3cret');
  });

  test('warns of trust_proxy: true, in the log of serve too', async () => {
    const cwd = await folder({ 'open.yaml': `trust_proxy: true\n${configuration(sandboxed)}` });
    const { code, stderr } = await boxbridge(cwd, 'check --config open.yaml');
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^boxbridge: warning: open\.yaml:1: trust_proxy: true lets every caller forge its address, .*\n$/,
    );
    const serving = startProcess(cwd, 'serve --config open.yaml --port 0');
    await serving.line(/answers at/);
    serving.kill('SIGTERM');
    expect((await serving.end).stderr).toContain('trust_proxy: true lets every caller forge its address');
  });

  test('--online probes every modern API', async () => {
    const cwd = await folder({ 'good.yaml': configuration(sandboxed) });
    const expected = { code: 0, stdout: 'good.yaml: good, 5 application(s), all reachable\n', stderr: '' };
    expect(await boxbridge(cwd, 'check --config good.yaml --online')).toMatchObject(expected);
  });

  test('--online probes the shadow of an application', async () => {
    const shadow = '  shadow: { provider: golem, base_url: "http://127.0.0.1:1" }\n';
    const cwd = await folder({ 'bad.yaml': configuration({ seatable: 'SANDBOX/seatable' }) + shadow });
    expect(await boxbridge(cwd, 'check --config bad.yaml --online')).toMatchObject({
      code: 1,
      stderr:
        'boxbridge: bad.yaml:7: the shadow of Old seatable client: http://127.0.0.1:1 does not answer as golem should (ECONNREFUSED); nothing listens there: check host and port in base_url, and whether it runs\n',
    });
  });

  test('--online asks the limits_store, and a bridge starts without it', async () => {
    const away = 'limits_store: valkey://bridge:hush@127.0.0.1:1/2\nstore: sqlite:./bridge.db';
    const cwd = await folder({ 'away.yaml': configuration(sandboxed, away) });
    expect(await boxbridge(cwd, 'check --config away.yaml')).toMatchObject({ code: 0, stderr: '' });
    expect(await boxbridge(cwd, 'check --config away.yaml --online')).toMatchObject({
      code: 1,
      stderr:
        'boxbridge: away.yaml:1: the limits_store 127.0.0.1:1/2 cannot be used (connect ECONNREFUSED 127.0.0.1:1); mend it, or leave it out: then each server counts for itself\n',
    });
    const serving = startProcess(cwd, 'serve --config away.yaml --port 0');
    await serving.line(/answers at/);
    serving.kill('SIGTERM');
    const { code, stderr } = await serving.end;
    expect(code).toBe(0);
    expect(stderr.match(/"limits_store":"127\.0\.0\.1:1\/2"/g)).toHaveLength(1);
    expect(stderr).toContain('the limits_store is away: each server counts its rates for itself until it is back');
    expect(stderr).not.toContain('hush');
  });

  test('--online names every application whose modern API does not answer as it should, and no secret', async () => {
    const closed = 'http://127.0.0.1:1';
    const cwd = await folder({
      'bad.yaml': configuration({ ...sandboxed, seatable: closed, golem: 'SANDBOX/seatable/' }),
    });
    const { code, stdout, stderr } = await boxbridge(cwd, 'check --config bad.yaml --online');
    expect([code, stdout]).toEqual([1, '']);
    const line = (at: number, name: string, url: string, why: string, advice: string) =>
      `boxbridge: bad.yaml:${at}: Old ${name} client: ${url} does not answer as ${name} should (${why}); ${advice}\n`;
    const refused = 'nothing listens there: check host and port in base_url, and whether it runs';
    expect(stderr).toBe(
      line(6, 'seatable', closed, 'ECONNREFUSED', refused) +
        line(18, 'golem', `${sandbox.url}/seatable`, 'reply 404: Not found.', 'check base_url'),
    );
    expect(stderr).not.toMatch(/key-of/);
  });
});

test('a failure exits with 1 and one line that names what to change', async () => {
  const text = 'This is a text and no database. '.repeat(100);
  const inStore = (store: string) => configuration(sandboxed, `listen: { port: 0 }\nstore: sqlite:${store}`);
  const inUse = ['cannot listen on 127.0.0.1:BUSY (the port is in use)', 'choose another host or port'];
  const change = 'mend it or name another in `store`';
  const belowAFile = { 'below-a-file.yaml': inStore('./file/bridge.db'), file: text };
  const noDatabase = { 'no-database.yaml': inStore('./file'), file: text };
  const isNoDatabase = ['cannot use the store ', '/file (file is not a database)', change];
  const unread = ['no.yaml does not exist; name an existing configuration file'];
  await expectEnds(1, 'boxbridge', [
    ['sandbox --port BUSY', {}, inUse],
    ['sandbox --port 0 --host 192.0.2.1', {}, ['cannot listen on 192.0.2.1:0 (', 'choose another host or port']],
    ['check --config no.yaml', {}, unread],
    ['check --config .', {}, ['. cannot be read (EISDIR); name a file that this user may read']],
    ['tokens list --config below-a-file.yaml', belowAFile, ['cannot use the store ', '/file/bridge.db (', change]],
    ['tokens list --config no-database.yaml', noDatabase, isNoDatabase],
  ]);
  const ofProcesses: Parameters<typeof expectEnds>[2] = [
    ['serve --port BUSY', {}, inUse],
    ['serve --config busy.yaml', { 'busy.yaml': TEN_LINES }, inUse],
    ['serve --config no.yaml', {}, unread],
    [
      'check --config module.yaml',
      { 'module.yaml': TEN_LINES.replace('BUSY', '0').replace('provider: seatable', 'provider: ./none.js') },
      ['none.js cannot be loaded (', 'name a module that can'],
    ],
    ['serve --config no-database.yaml', noDatabase, isNoDatabase],
  ];
  await expectEnds(1, 'boxbridge', ofProcesses, runProcess);
});

// Root may write anywhere; below /proc nobody can make a directory.
test.each(['/proc/x', './file', './dangling/x'])(
  'a data directory that cannot be made exits with 1: %s',
  async (directory) => {
    const yaml = (more: string) => configuration(sandboxed, `listen: { port: 0 }\n${more}`);
    const cwd = await folder({
      'store.yaml': yaml(`store: sqlite:${directory}/bridge.db`),
      'key.yaml': yaml(`store: sqlite:./bridge.db\nkey_file: ${directory}/bridge.key`),
      file: 'a file',
    });
    await symlink('nowhere', join(cwd, 'dangling'));
    const path = directory.replace(/^\./, '');
    const ends = await Promise.all(['store', 'key'].map((name) => boxbridge(cwd, `tokens list --config ${name}.yaml`)));
    const lines = [
      ['cannot use the store ', `${path}/bridge.db (E`, 'mkdir', 'name another in `store`'],
      ['cannot make the key ', `${path}/bridge.key (E`, 'mkdir', 'change `key_file`'],
    ];
    expect(ends.map(({ code, stdout, stderr }) => [code, stdout, stderr])).toEqual(
      lines.map((parts) => [1, '', expect.stringMatching(oneLine('boxbridge: ', parts))]),
    );
  },
);

describe('serve', () => {
  const formatsOfDemo = ['REST', 'XML', 'SOAP'];
  const titles = ['SeaTable', 'Previsto', 'Terraform', 'Golem', 'Box'];

  test.each([
    { commandLine: 'serve --port 0', shown: formatsOfDemo.slice(0, 2) },
    { commandLine: 'serve --port 0 --all', shown: formatsOfDemo },
  ])('without a configuration prints calls that reply as printed, short ones first: $commandLine', async (row) => {
    const bridge = startProcess(await folder(), row.commandLine);
    const url = urlIn(await bridge.line(/answers at/));
    const printed = /^(.+)\ncurl '([^']+)'(?: -d '([^']+)')?\n\n([\s\S]*?)\n\n/gm;
    const calls = [...bridge.stdout().matchAll(printed)];
    expect(calls.map(([, title, address = '']) => [title, address.split('?')[0]])).toEqual(
      row.shown.flatMap((format) =>
        titles.map((title) => [`${title} · ${format}`, `${url}/api/1.0/${format.toLowerCase()}`]),
      ),
    );
    for (const [, , address = '', body, reply = ''] of calls) {
      const response = await fetch(address, body === undefined ? {} : { method: 'POST', body });
      const wire = await response.text();
      // On the wire it is one line behind the declaration.
      expect(reply).toMatch(/get_account_info_ok<.status>\n/);
      expect([response.status, wire.replaceAll('\r', '')]).toEqual([200, reply.replace(/(?<!\?>)\n *(?=<)/g, '')]);
    }
    // As the old documentation of get_account_info printed it.
    const page = [
      '<login>email@example.com</login>',
      '<email>email@example.com</email>',
      '<access_id>398387</access_id>',
      '<user_id>398387</user_id>',
      '<space_amount>1073741824</space_amount>',
      '<space_used>0</space_used>',
      '<max_upload_size>2147483648</max_upload_size>',
    ].join('');
    const inText = calls.filter(([, , , , reply = '']) => reply.replace(/\n */g, '').includes(`<user>${page}</user>`));
    expect(inText).toHaveLength(2);
    expect(bridge.stdout().includes('npm start -- --all')).toBe(row.shown.length < 3);
    // Its prose fits into 40 columns, on which it is the same as through a pipe.
    const lastLine = await bridge.line(/Ctrl-C/);
    const lines = bridge.stdout().trimEnd().split('\n');
    expect(lines.at(-1)).toBe(lastLine);
    // What is pasted and what is read as XML is not broken.
    expect(lines.filter((line) => line.length > 40 && !/http:|^ *</.test(line))).toEqual([]);
    expect(bridge.stdout()).not.toContain('\u001b');
  });

  test('the demo leaves nothing: the first account of a configuration has user_id 1', async () => {
    const [cwd, temporary] = [await folder(), await folder()];
    const rounds: readonly [string, NodeJS.Signals][] = [
      ['serve --port 0', 'SIGTERM'],
      ['serve --port 0 --workers 2', 'SIGINT'],
    ];
    for (const [commandLine, signal] of rounds) {
      const demo = startNodeIn({ cwd, env: { TMPDIR: temporary } }, script, ...commandLine.split(' '));
      await demo.line(/Nothing is kept/);
      expect(await readdir(temporary)).toEqual([expect.stringMatching(/^boxbridge-demo-/)]);
      demo.kill(signal);
      const { code, stderr } = await demo.end;
      expect([code, problemsIn(stderr)]).toEqual([0, []]);
      expect(await readdir(temporary)).toEqual([]);
      expect(await readdir(cwd)).toEqual([]);
    }
    const configured = await folder({ 'bridge.yaml': TEN_LINES });
    const ids = await userIds((await startBridgeIn({ cwd: configured })).url, [carla]);
    expect(ids[carla]).toBe('1');
  });

  test('a demo that cannot have a folder of its own exits with 1', async () => {
    const cwd = await folder();
    const { code, stderr } = await startNodeIn({ cwd, env: { TMPDIR: '/nowhere' } }, script, 'serve', '--port', '0')
      .end;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^boxbridge: cannot make a folder in \/nowhere \(ENOENT\); name one [^\n]+ TMPDIR\n$/);
  });

  test('prints its calls on a port that fetch blocks', async () => {
    // https://fetch.spec.whatwg.org/#port-blocking
    for (const port of [10080, 6697, 5061, 4190, 1723]) {
      const bridge = startProcess(await folder(), `serve --port ${port}`);
      const line = await bridge.line(/answers at/).catch(String);
      if (!line.includes('the port is in use')) return expect(urlIn(line)).toBe(`http://127.0.0.1:${port}`);
    }
    throw new Error('all of these ports are in use');
  });

  test('answers as configured, at the address of the command line', async () => {
    const bridge = startProcess(await folder({ 'bridge.yaml': TEN_LINES }), 'serve --config bridge.yaml --port 0');
    const line = await bridge.line(/answers at/);
    expect(bridge.stdout()).toBe(`${line}\n`);
    const query = 'action=get_account_info&api_key=rrc1d3ntb53tt6b2vhail6rdtrsxov3v&auth_token=43543wrsd';
    const reply = await (await fetch(`${urlIn(line)}/api/1.0/rest?${query}`)).text();
    expect(reply).toContain('<status>get_account_info_ok</status><user><login>teamplayer@example.com</login>');
    expect(reply).toContain('<max_upload_size>104857600</max_upload_size>');
  });

  const carla = 'api_key=rrc1d3ntb53tt6b2vhail6rdtrsxov3v&auth_token=seatable-cloud-user-token';
  const mette = 'api_key=previsto000000000000000000000000&auth_token=sk_67890';

  /** The user_id of each caller, requested in this order. */
  async function userIds(url: string, callers: readonly string[]): Promise<Record<string, string | undefined>> {
    const ids: Record<string, string | undefined> = {};
    for (const caller of callers) {
      const reply = await (await fetch(`${url}/api/1.0/rest?action=get_account_info&${caller}`)).text();
      ids[caller] = /<user_id>(\d+)<\/user_id>/.exec(reply)?.[1];
    }
    return ids;
  }

  test('keeps its user_ids after kill -9', async () => {
    const cwd = await folder({ 'bridge.yaml': TEN_LINES });
    const first = startProcess(cwd, 'serve --config bridge.yaml --port 0');
    const before = await userIds(urlIn(await first.line(/answers at/)), [carla, mette]);
    first.kill('SIGKILL');
    expect((await first.end).signal).toBe('SIGKILL');
    const after = await userIds((await startBridgeIn({ cwd })).url, [mette, carla]);
    expect(after).toEqual(before);
    expect(new Set(Object.values(after)).size).toBe(2);
  });
});

test('sandbox prints the base URL and the credentials of each modern API', async () => {
  const child = startProcess(await folder(), 'sandbox --port 0');
  const lines = await child.lines(sandboxCredentials.length);
  const rows = lines.map((line) => line.split('\t'));
  expect(
    rows.map(([provider, , credential, login, password]) => ({
      provider,
      credential,
      ...(login !== undefined && { login, password }),
    })),
  ).toEqual(sandboxCredentials);
  const { sendFor } = createUpstreams({ timeoutMs: 5000 });
  for (const [provider, baseUrl = '', credential = ''] of rows) {
    const api = providers
      .find(({ name }) => name === provider)
      ?.connect({ baseUrl, settings: {}, send: sendFor({ baseUrl }) });
    expect((await api?.readAccount(credential))?.nativeId).toMatch(/./);
  }
});

test('sandbox prints the configuration of a bridge in front of it, which answers each call', async () => {
  const cwd = await folder();
  const printed = await boxbridge(cwd, 'sandbox --port BUSY --print-config');
  expect(printed).toMatchObject({ code: 0, stderr: '' });
  expect(await readdir(cwd)).toEqual([]);
  await writeFile(join(cwd, 'sandbox.yaml'), printed.stdout);
  const good = 'sandbox.yaml: good, 6 application(s), all reachable\n';
  expect(await boxbridge(cwd, 'check --online --config sandbox.yaml')).toMatchObject({ stdout: good, stderr: '' });
  const { url } = await startBridgeIn({ cwd }, 'sandbox.yaml');
  const status = async (query: string) =>
    /<status>(\w+)/.exec(await (await fetch(`${url}/api/1.0/rest?${query}`)).text())?.[1];
  const applications = [...printed.stdout.matchAll(/# (auth_token:|Sign in with) (.+)\n {2}- api_key: (\S+)/g)];
  expect(applications).toHaveLength(6);
  const [comment = ''] = (await boxbridge(cwd, 'sandbox --host ::1 --port 8099 --print-config')).stdout.split('\n');
  expect(comment).toBe('# For a sandbox at http://[::1]:8099: boxbridge sandbox --host ::1 --port 8099');
  for (const [, kind, tokens = '', key] of applications) {
    if (kind === 'auth_token:') {
      for (const token of tokens.split(', '))
        expect(await status(`action=get_account_info&api_key=${key}&auth_token=${token}`)).toBe('get_account_info_ok');
    } else expect(await status(`action=get_ticket&api_key=${key}`)).toBe('get_ticket_ok');
  }
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends serve while its configuration does not', async (signal) => {
  const child = spawn(process.execPath, [script, 'serve', '--config', '-'], { cwd: await folder(), env: {} });
  afterwards(async () => void child.kill('SIGKILL'));
  // More than a pipe holds: it is written once the bridge reads.
  await new Promise((resolve) => child.stdin.write('#'.repeat(2 ** 20), resolve));
  child.kill(signal);
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('health asks where the configuration says, and says what it got', async () => {
  const other = await startUpstream(canned({ '/healthz': { status: 503 } }));
  afterwards(other.close);
  const { port } = new URL(other.url);
  const cwd = await folder({ 'busy.yaml': TEN_LINES, 'other.yaml': TEN_LINES.replace('BUSY', port) });
  const health = (words: string) => boxbridge(cwd, `health ${words}`);
  const [missing, refused, unnamed] = await Promise.all([
    runProcess(cwd, 'health --config busy.yaml'),
    health('--config other.yaml'),
    health('--config no.yaml'),
  ]);
  const line = (text: string) => ({ code: 1, stdout: '', stderr: `boxbridge: ${text}\n` });
  expect(missing).toEqual({
    ...line(`http://127.0.0.1:${busy}/healthz answers with 404; look into the log of the bridge`),
    signal: null,
  });
  expect(refused).toMatchObject(
    line(`http://127.0.0.1:${port}/healthz answers with 503; look into the log of the bridge`),
  );
  expect(unnamed).toMatchObject(line('no.yaml does not exist; name an existing configuration file'));
});

test.each([
  ['0.0.0.0', 'http://127.0.0.1:8081/'],
  ['::1', 'http://[::1]:8081/'],
])('sandbox prints by which address a bridge reaches it at %s', async (host, url) => {
  const { code, stdout } = await boxbridge(await folder(), `sandbox --host ${host} --print-config`);
  expect([code, stdout]).toEqual([0, expect.stringContaining(`base_url: ${url}seatable\n`)]);
});

test('SIGTERM and SIGINT exit with 0', async () => {
  const rows: readonly [commandLine: string, signal: NodeJS.Signals][] = [
    ['serve --port 0', 'SIGINT'],
    ['serve --config bridge.yaml --port 0', 'SIGTERM'],
    ['serve --config bridge.yaml --port 0', 'SIGINT'],
    ['sandbox --port 0', 'SIGTERM'],
    ['sandbox --port 0', 'SIGINT'],
  ];
  const ends = rows.map(async ([commandLine, ending]) => {
    const child = startProcess(await folder({ 'bridge.yaml': TEN_LINES }), commandLine);
    await child.line(/answers at|^seatable\t/);
    child.kill(ending);
    const { code, signal, stderr } = await child.end;
    return { code, signal, problems: problemsIn(stderr) };
  });
  expect(await Promise.all(ends)).toEqual(rows.map(() => ({ code: 0, signal: null, problems: [] })));
});

test('requests to modern APIs go through the proxy of the environment', async () => {
  const application = '{ api_key: k, provider: seatable, base_url: http://api.example.invalid }';
  const cwd = await folder({ 'bridge.yaml': `applications: [${application}]` });
  const requests: unknown[] = [];
  const proxy = await listen(
    (request, response) => {
      requests.push(`${request.method} ${request.url}`);
      response.writeHead(401, { 'Content-Type': 'application/json' }).end('{"detail":"Invalid token"}');
    },
    { host: '127.0.0.1', port: 0 },
  );
  afterwards(proxy.close);
  const args = ['check', '--config', 'bridge.yaml', '--online'];
  const runs = [
    () => startNodeIn({ cwd, env: { HTTP_PROXY: proxy.url } }, script, ...args).end,
    () => runCommand({ cwd, env: { http_proxy: proxy.url } }, args),
  ];
  for (const run of runs) {
    const { code, stderr } = await run();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(requests.splice(0)).toEqual([expect.stringMatching(/^GET http:\/\/api\.example\.invalid\//)]);
  }
  const { code } = await runCommand({ cwd, env: { HTTP_PROXY: proxy.url, NO_PROXY: 'example.invalid' } }, args);
  expect(code).toBe(1);
  expect(requests).toEqual([]);
});
