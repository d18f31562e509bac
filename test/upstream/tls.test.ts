import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { connect as connectTcp, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { probeApplications } from '../../src/applications/probe.js';
import { startBridgeServer } from '../../src/bootstrap/bridge-server.js';
import { ConfigError } from '../../src/config/config.js';
import { loadConfig } from '../../src/config/load.js';
import { actionNames } from '../../src/core/actions.js';
import { providers } from '../../src/providers/index.js';
import { createSandbox, sandboxPaths } from '../../src/sandbox/sandbox.js';
import { createUpstreams } from '../../src/upstream/client.js';
import { tokens } from '../support/cases/modern-accounts.js';
import { afterwards } from '../support/cleanup.js';
import { callBridge } from '../support/clients/legacy.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { type Authority, type Certificate, createAuthority, store } from '../support/servers/certificates.js';

let authority: Authority;
let stranger: Authority;
let server: Certificate;
let client: Certificate;
let folder: string;

beforeAll(async () => {
  authority = await createAuthority('Test authority');
  stranger = await createAuthority('Another authority');
  server = await authority.issue('server', 'localhost');
  client = await authority.issue('client', 'boxbridge');
});

beforeEach(async () => {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  folder = path;
  await store(folder, 'ca', authority);
  await store(folder, 'stranger', stranger);
  await store(folder, 'client', client);
  await store(folder, 'other', await stranger.issue('client', 'somebody'));
});

async function listening(it: Server): Promise<number> {
  it.listen(0, 'localhost');
  await once(it, 'listening');
  const address = it.address();
  if (address === null || typeof address === 'string') throw new Error('a server without a port');
  return address.port;
}

/** A modern API behind TLS; gives its base URL, and the names on the certificates that it was shown. */
async function startTls(wants: 'no certificate' | 'a certificate') {
  const sandbox = createSandbox();
  const shown: unknown[] = [];
  const listener: RequestListener = (request, response) => {
    const { socket } = request;
    shown.push(socket instanceof TLSSocket ? socket.getPeerCertificate().subject?.CN : 'no TLS');
    sandbox(request, response);
  };
  const demand = wants === 'a certificate' && { ca: authority.cert, requestCert: true, rejectUnauthorized: true };
  const https = createServer({ ...server, ...demand }, listener);
  const port = await listening(https);
  afterwards(async () => {
    https.closeAllConnections();
    await new Promise((resolve) => https.close(resolve));
  });
  return { url: `https://localhost:${port}${sandboxPaths.previsto}`, shown };
}

async function startPlain() {
  const http = createHttpServer(createSandbox());
  const port = await listening(http);
  afterwards(async () => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  return { url: `http://localhost:${port}${sandboxPaths.previsto}` };
}

/** A proxy for CONNECT and for plain HTTP; gives what it was asked for, and by whom. */
async function startProxy() {
  const asked: { readonly what: string; readonly by: string | undefined }[] = [];
  const note = ({ method, url, headers }: IncomingMessage) =>
    void asked.push({ what: `${method} ${url}`, by: headers['proxy-authorization'] });
  const proxy = createHttpServer(async (request, response) => {
    note(request);
    const { 'proxy-authorization': _, ...headers } = request.headers;
    const { authorization = '' } = headers;
    const reply = await fetch(String(request.url), { headers: { authorization } });
    response.writeHead(reply.status).end(await reply.text());
  });
  proxy.on('connect', (request: IncomingMessage, socket) => {
    note(request);
    const { hostname, port } = new URL(`http://${request.url}`);
    const onward = connectTcp(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    socket.on('error', () => onward.destroy()).on('close', () => onward.destroy());
    onward.on('error', () => socket.destroy()).on('close', () => socket.destroy());
  });
  const sockets = new Set<Socket>();
  proxy.on('connection', (socket) => void sockets.add(socket));
  const port = await listening(proxy);
  afterwards(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => proxy.close(resolve));
  });
  return { url: `http://us%40er:pass@localhost:${port}`, asked };
}

const known = { actions: actionNames, providers };

async function configured(url: string, keys: readonly string[]) {
  const file = join(folder, 'bridge.yaml');
  const lines = ['listen: { port: 0 }', 'limits: { upstream_timeout_ms: 2000 }', 'applications:', '  - api_key: k'];
  const application = ['provider: previsto', `base_url: ${url}`, ...keys].map((line) => `    ${line}`);
  await writeFile(file, [...lines, ...application, ''].join('\n'));
  return loadConfig(file, known);
}

async function statusThrough(
  url: string,
  keys: readonly string[],
  proxies?: { http: string; https: string; none: string },
) {
  const bridge = await startBridgeServer(await configured(url, keys), pino({ level: 'silent' }), { proxies });
  afterwards(bridge.close);
  return statusAt(bridge.url);
}

async function statusAt(bridge: string): Promise<string | undefined> {
  const caller = [
    ['api_key', 'k'],
    ['auth_token', tokens.previsto],
  ] as const;
  return (await callBridge(bridge, 'rest', 'get_account_info', caller)).status;
}

const ca = 'ca_file: ca.pem';
const certificate = ['client_cert_file: client.pem', 'client_key_file: ./client.key'];

describe('a modern API with a certificate of a private authority', () => {
  test('is reached with its ca_file', async () => {
    const { url } = await startTls('no certificate');
    expect(await statusThrough(url, [ca])).toBe('get_account_info_ok');
    expect(await probeApplications(await configured(url, [ca]), { isOnline: true })).toEqual([]);
  });

  test.each([[[]], [['ca_file: stranger.pem']]])('is not reached with %j', async (keys) => {
    const { url } = await startTls('no certificate');
    expect(await statusThrough(url, keys)).toBe('service_unavailable');
    expect(await probeApplications(await configured(url, keys), { isOnline: true })).toEqual([
      {
        path: ['applications', 0, 'base_url'],
        message: expect.stringMatching(/^previsto: .* does not answer .*(SELF_SIGNED|UNABLE_TO).*; .* in ca_file/),
      },
    ]);
  });

  test('that asks for a certificate gets it', async () => {
    const { url, shown } = await startTls('a certificate');
    expect(await statusThrough(url, [ca, ...certificate])).toBe('get_account_info_ok');
    expect(shown).toEqual(['boxbridge']);
  });

  test.each([[[ca]], [[ca, 'client_cert_file: other.pem', 'client_key_file: other.key']]])(
    'that asks for a certificate refuses %j',
    async (keys) => {
      const { url, shown } = await startTls('a certificate');
      expect(await statusThrough(url, keys)).toBe('service_unavailable');
      expect(shown).toEqual([]);
    },
  );
});

describe('a file for TLS', () => {
  beforeEach(async () => {
    await writeFile(join(folder, 'text.txt'), 'not PEM');
  });

  test.each<[string[], number, RegExp]>([
    [['ca_file: none.pem'], 7, /^applications\[0\]\.ca_file .*none\.pem does not exist; name an existing file$/],
    [['ca_file: .'], 7, /cannot be read \(EISDIR\); name a file that this user may read$/],
    [['ca_file: text.txt'], 7, /text\.txt is not what it should be \(.*\); name a file in PEM, without a passphrase$/],
    [['ca_file: client.key'], 7, /client\.key is not what it should be/],
    [['client_cert_file: text.txt', certificate[1] ?? ''], 7, /client_cert_file .*text\.txt is not what/],
    [[certificate[0] ?? '', 'client_key_file: text.txt'], 8, /client_key_file .*text\.txt is not what/],
    [[certificate[0] ?? ''], 7, /client_cert_file has no use alone; name its key as client_key_file$/],
    [[certificate[1] ?? ''], 7, /client_key_file has no use alone; name its certificate/],
    [['client_cert_file: client.pem', 'client_key_file: other.key'], 8, /other\.key is not the key of .*client\.pem/],
  ])('%j is a problem of line %i', async (keys, line, message) => {
    const error = await configured('https://localhost', keys).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof ConfigError)) throw error;
    expect(error.problems).toMatchObject([{ line, message: expect.stringMatching(message) }]);
    expect(error.message).not.toContain('\n');
  });

  test('is read once: the bridge reaches its API though it is gone once the configuration is loaded', async () => {
    const { url, shown } = await startTls('a certificate');
    const config = await configured(url, [ca, ...certificate]);
    for (const name of ['ca.pem', 'client.pem', 'client.key']) await rm(join(folder, name));
    const bridge = await startBridgeServer(config, pino({ level: 'silent' }));
    afterwards(bridge.close);
    expect(await statusAt(bridge.url)).toBe('get_account_info_ok');
    expect(shown).toEqual(['boxbridge']);
  });
});

test('a write whose time was over before its connection stood is never sent', async () => {
  const received: (string | undefined)[] = [];
  const https = createServer(server, (request, response) => {
    received.push(request.method);
    response.end('{"good":"yes"}');
  });
  const port = await listening(https);
  /** Holds back what a client sends, so that its handshake takes as long as the test wants. */
  const held: Socket[] = [];
  const relay = createTcpServer((socket) => void held.push(socket));
  const url = `https://localhost:${await listening(relay)}`;
  afterwards(async () => {
    for (const socket of held) socket.destroy();
    https.closeAllConnections();
    await Promise.all([https, relay].map((it) => new Promise((resolve) => it.close(resolve))));
  });
  const release = (socket: Socket) => {
    const onward = connectTcp(port, 'localhost');
    socket.on('error', () => onward.destroy()).pipe(onward);
    onward.on('error', () => socket.destroy()).pipe(socket);
  };
  const send = createUpstreams({ timeoutMs: 200, connectMs: 200 }).sendFor({
    baseUrl: url,
    tls: { ca: Buffer.from(authority.cert) },
  });
  await expect(send({ method: 'PUT', url, headers: {} })).rejects.toMatchObject({ reason: 'unavailable' });
  const [first] = held;
  if (!first) throw new Error('no connection');
  // Whichever comes first: the request, or the end of a connection that nothing is sent on.
  const settled = Promise.race([once(https, 'request'), once(first, 'close')]);
  release(first);
  await settled;
  expect(received).toEqual([]);
});

describe('a proxy', () => {
  const by = `Basic ${Buffer.from('us@er:pass').toString('base64')}`;

  test('is asked for a tunnel to an https upstream', async () => {
    const { url, shown } = await startTls('a certificate');
    const proxy = await startProxy();
    const proxies = { https: proxy.url, http: '', none: '' };
    expect(await statusThrough(url, [ca, ...certificate], proxies)).toBe('get_account_info_ok');
    expect(proxy.asked).toEqual([{ what: `CONNECT ${new URL(url).host}`, by }]);
    expect(shown).toEqual(['boxbridge']);
  });

  test('is asked for what an http upstream has', async () => {
    const { url } = await startPlain();
    const proxy = await startProxy();
    expect(await statusThrough(url, [], { https: '', http: proxy.url, none: '' })).toBe('get_account_info_ok');
    expect(proxy.asked).toEqual([{ what: `GET ${url}/accounts/current`, by }]);
  });

  test.each(['localhost', '.localhost,example.com', '*', 'example.com, localhost'])(
    'is passed by for %s',
    async (none) => {
      const proxy = await startProxy();
      const { url } = await startTls('no certificate');
      expect(await statusThrough(url, [ca], { https: proxy.url, http: proxy.url, none })).toBe('get_account_info_ok');
      expect(proxy.asked).toEqual([]);
    },
  );

  test.each(['http://localhost:1', 'http://127.0.0.1:9'])('that is not there is an outage: %s', async (dead) => {
    const { url } = await startTls('no certificate');
    expect(await statusThrough(url, [ca], { https: dead, http: dead, none: '' })).toBe('service_unavailable');
  });

  test('that rejects the tunnel is an outage whose cause is reported', async () => {
    const closed = createHttpServer();
    closed.on('connect', (_request, socket) => void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'));
    const port = await listening(closed);
    afterwards(async () => {
      closed.closeAllConnections();
      await new Promise((resolve) => closed.close(resolve));
    });
    const { url } = await startTls('no certificate');
    const proxies = { https: `http://localhost:${port}`, http: '', none: '' };
    expect(await probeApplications(await configured(url, [ca]), { proxies, isOnline: true })).toEqual([
      {
        path: ['applications', 0, 'base_url'],
        message: expect.stringMatching(/\(407\).*; write the user and password/),
      },
    ]);
  });
});
