import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, expect, test } from '@jest/globals';
import { describeWith } from '../interop/requirements.js';
import { afterwards } from '../support/cleanup.js';
import { startBridge, temporaryFolder } from '../support/servers/bridge.js';
import { createRsaCertificate, store } from '../support/servers/certificates.js';
import { canned, startUpstream } from '../support/servers/upstream.js';
import { until } from '../support/until.js';
import { adapted, textOf } from './files.js';

const run = promisify(execFile);

const HOST = 'www.box.example.com';
const ACCOUNT = { id: 'acct_1', login: 'john', name: 'John', email: 'john@example.com' };
const CALL = '/api/1.0/rest?action=get_account_info&api_key=key-of-curl&auth_token=token-of-curl';

let folder: string;
/** Host and port of a bridge that trusts the proxy in front of it. */
let bridge: string;
let close: () => Promise<void>;

beforeEach(async () => {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  folder = path;
  const upstream = await startUpstream(canned({ '/accounts/current': { body: ACCOUNT } }));
  afterwards(upstream.close);
  const started = await startBridge({
    trust_proxy: ['127.0.0.1'],
    applications: [{ api_key: 'key-of-curl', provider: 'previsto', base_url: upstream.url }],
  });
  close = started.close;
  afterwards(close);
  bridge = new URL(started.url).host;
});

const socket = () => join(folder, 'proxy.sock');

/** The head and the body of a reply, as curl has them through the socket of the proxy. */
async function curl(url: string, ...words: readonly string[]): Promise<{ head: string; body: string }> {
  const { stdout } = await run('curl', ['-sSki', '--max-time', '10', '--unix-socket', socket(), ...words, url]);
  const [head = '', body = ''] = stdout.split(/\r\n\r\n(.*)/s);
  return { head, body };
}

const good = {
  head: expect.stringMatching(/^HTTP\S+ 200.*\r\ncontent-length: \d+/is),
  body: expect.stringMatching(/^<\?xml.*\r\n<response><status>get_account_info_ok<\/status>.*john@example\.com/s),
};
/** Of the proxy itself. */
const NOT_FOUND = expect.stringMatching(/^HTTP\S+ 404(?!.*x-request-id)/is);
const location = `<soap:address location="https://${HOST}/api/1.0/soap"/>`;

const curlProgram = { what: 'curl', debian: 'curl', probe: ['curl', '--version'] } as const;
const nginxProgram = {
  what: 'nginx, and the right of root to run it',
  debian: 'nginx',
  probe: ['/bin/sh', '-c', 'test "$(id -u)" = 0 && nginx -v'],
} as const;
const caddyProgram = { what: 'Caddy', debian: 'caddy', probe: ['caddy', 'version'] } as const;

/** Runs nginx with a configuration of `deploy/nginx`, of which no more is changed than where its files and sockets are. */
async function startNginx(name: string, listening: string, changes: Parameters<typeof adapted>[1] = []): Promise<void> {
  await store(folder, 'server', await createRsaCertificate(HOST));
  const text = adapted(textOf('nginx', name), [
    [/\/(run|var\/log\/nginx)\//g, `${folder}/`],
    [/\/etc\/nginx\/tls\/\w+\.crt/g, `${folder}/server.pem`],
    [/\/etc\/nginx\/tls\/\w+\.key/g, `${folder}/server.key`],
    [listening, `unix:${socket()} ssl`],
    ['127.0.0.1:8080', bridge],
    ...changes,
  ]);
  const file = join(folder, name);
  await writeFile(file, text);
  const said = await run('nginx', ['-t', '-c', file]);
  expect(said.stderr).toMatch(/syntax is ok\n.*test is successful\n$/s);
  expect(said.stderr).not.toMatch(/warn|emerg/);
  // Gives its word when it listens.
  await run('nginx', ['-c', file]);
  afterwards(async () => void (await run('nginx', ['-s', 'stop', '-c', file])));
}

describeWith([nginxProgram, curlProgram], 'nginx', () => {
  test('leads programs of today to the bridge, and writes no secret down', async () => {
    await startNginx('boxbridge.conf', '443 ssl');
    expect(await curl(`https://${HOST}${CALL}`)).toEqual(good);
    expect((await curl(`https://${HOST}/api/1.0/soap?wsdl`)).body).toContain(location);
    for (const path of ['/metrics', '/METRICS', '/metrics/', '//metrics', '/readyz', '/%72eadyz']) {
      expect([path, (await curl(`https://${HOST}${path}`)).head]).toEqual([path, NOT_FOUND]);
    }
    await curl(`https://${HOST}/api/1.0//AUTH/ticket-of-curl`);
    await curl(`https://${HOST}/api/auth/ticket-of-curl`);
    await expect(curl(`https://${HOST}${CALL}`, '--tls-max', '1.1')).rejects.toThrow();
    const large = await curl(`https://${HOST}/api/1.0/xml`, '--data', 'x'.repeat(100_000));
    expect(large.body).toContain('<response><status>wrong_input</status></response>');
    const log = await readFile(join(folder, 'boxbridge.log'), 'utf8');
    expect(log).toContain(' GET /api/1.0/rest 200 ');
    expect(log).toContain(' GET /api/1.0/AUTH 404 ');
    expect(log).toContain(' GET /api/auth 404 ');
    expect(log).not.toMatch(/(key|token|ticket)-of-curl/);
  });

  test('leads programs that know TLS 1.0 alone to the bridge, and nobody else', async () => {
    await startNginx('old-tls.conf', '192.0.2.10:443 ssl', [['10.20.30.0/24', 'unix:']]);
    const old = ['--tls-max', '1.0', '--ciphers', 'AES128-SHA:@SECLEVEL=0'];
    expect(await curl(`https://${HOST}${CALL}`, ...old)).toEqual(good);
    expect((await curl(`https://${HOST}/api/1.0/soap?wsdl`, ...old)).body).toContain(location);
    expect(await curl(`https://${HOST}${CALL.replace('/api/1.0/rest', '/API/1.0//Rest/')}`, ...old)).toEqual(good);
    expect(await curl(`https://${HOST}${CALL.replace('/1.0', '')}`, ...old)).toEqual(good);
    const pages = [
      '/api/auth/abc',
      '/api/1.0/auth/abc',
      '/api/1.0/AUTH/abc',
      '/api/1.0/rest/../auth/abc',
      '/api/1.0/%61uth/abc',
    ];
    for (const path of [...pages, '/metrics', '/']) {
      const { head } = await curl(`https://${HOST}${path}`, '--path-as-is', ...old);
      expect([path, head]).toEqual([path, NOT_FOUND]);
    }
    await expect(curl(`https://${HOST}${CALL}`, '--tlsv1.2')).rejects.toThrow();
    expect(await readFile(join(folder, 'old-tls.log'), 'utf8')).toContain('TLSv1 AES128-SHA GET /api/1.0/rest 200');
  });

  test('leaves out whom old-tls.conf does not allow', async () => {
    await startNginx('old-tls.conf', '192.0.2.10:443 ssl');
    const old = ['--tls-max', '1.0', '--ciphers', 'AES128-SHA:@SECLEVEL=0'];
    expect((await curl(`https://${HOST}${CALL}`, ...old)).head).toMatch(/^HTTP\S+ 403/);
  });
});

describeWith([caddyProgram, curlProgram], 'Caddy', () => {
  const env = () => ({ ...process.env, HOME: folder, BOXBRIDGE_UPSTREAM: bridge });
  const wordsFor = (command: string, file: string) => [command, '--adapter', 'caddyfile', '--config', file];
  const validate = (file: string) => run('caddy', wordsFor('validate', file), { env: env() });

  test('takes the Caddyfile', async () => {
    const file = join(folder, 'Caddyfile');
    await writeFile(file, textOf('caddy/Caddyfile'));
    expect((await validate(file)).stdout).toContain('Valid configuration');
    await writeFile(file, adapted(textOf('caddy/Caddyfile'), [['keepalive off', 'keepalive of']]));
    await expect(validate(file)).rejects.toThrow();
  });

  /** Runs Caddy with the Caddyfile, of which no more is changed than where it listens and who signs its certificates. */
  async function startCaddy(site: string) {
    const file = join(folder, 'Caddyfile');
    const text = adapted(textOf('caddy/Caddyfile'), [
      [/^\{/gm, '{\n\tadmin off\n\tskip_install_trust'],
      [/^www\.box\.example\.com \{/gm, `${site}\n\tbind unix/${socket()}`],
    ]);
    await writeFile(file, text);
    const server = spawn('caddy', wordsFor('run', file), { env: env(), stdio: ['ignore', 'ignore', 'pipe'] });
    const end = once(server, 'exit');
    afterwards(async () => {
      server.kill('SIGTERM');
      await end;
    });
    let said = '';
    server.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    while (!said.includes('serving initial configuration')) await once(server.stderr, 'data');
    /** Ends it; gives what it logged. */
    return async () => {
      server.kill('SIGTERM');
      await end;
      return said;
    };
  }

  test('leads programs to the bridge', async () => {
    const stop = await startCaddy(`http://${HOST} {`);
    expect(await curl(`http://${HOST}${CALL}`)).toEqual(good);
    for (const path of ['/metrics', '/METRICS', '/metrics/', '//metrics', '/readyz', '/%72eadyz']) {
      expect([path, (await curl(`http://${HOST}${path}`, '--path-as-is')).head]).toEqual([path, NOT_FOUND]);
    }
    await close();
    expect((await curl(`http://${HOST}${CALL}`)).head).toMatch(/^HTTP\S+ 502/);
    expect(await stop()).not.toMatch(/(key|token)-of-curl/);
  });

  test('leads programs that name no host in TLS to the bridge', async () => {
    await startCaddy(`https://${HOST} {\n\ttls internal`);
    const call = (host: string) => curl(`https://${host}${CALL}`, '--tls-max', '1.2', '-H', `Host: ${HOST}`);
    // Its certificate is made while it serves already.
    await until(() =>
      call(HOST).then(
        () => true,
        () => false,
      ),
    );
    // For an address curl sends no name.
    for (const host of [HOST, '127.0.0.1']) expect(await call(host)).toEqual(good);
  });
});
