import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { Listener } from '../../src/http/listener.js';
import { mistakenConfiguration, mistakes, TOKEN } from '../support/cases/mistakes.js';
import { callBridge, formats } from '../support/clients/legacy.js';
import { startBridge } from '../support/servers/bridge.js';
import { always, type ModernApis, newTicket, startModernApis } from '../support/servers/modern-apis.js';
import { type SelfSigned, startSelfSigned } from '../support/servers/self-signed.js';
import { startUpstream, type Upstream } from '../support/servers/upstream.js';

/** What the log tells of the mistakes of callers, and of operators. */

const log: string[] = [];
let apis: ModernApis;
let refusing: Upstream;
let selfSigned: SelfSigned;
let bridge: Listener;

beforeAll(async () => {
  apis = await startModernApis();
  refusing = await startUpstream(always(403, { type: 'forbidden', message: `Not with\u0007 the key ${TOKEN}` }));
  selfSigned = await startSelfSigned();
  bridge = await startBridge(mistakenConfiguration(apis, { refusing: refusing.url, selfSigned: selfSigned.url }), {
    log: pino({ base: null }, { write: (line) => void log.push(line) }),
  });
});

afterAll(async () => {
  await bridge.close();
  await refusing.close();
  await selfSigned.close();
  await apis.close();
});

beforeEach(() => {
  log.length = 0;
});

const lines = () => log.splice(0).map((line) => JSON.parse(line));

describe.each(formats)('in %s the log tells the cause of', (format) => {
  test.each(mistakes)('%s', async (_what, action, parameters, expected) => {
    await callBridge(bridge.url, format, action, parameters);
    const [line] = lines();
    expect(line).toMatchObject({
      ...expected,
      level: 40,
      protocol: format,
      method: 'POST',
      path: `/api/1.0/${format}`,
      address: '127.0.0.1',
    });
    expect(JSON.stringify(line)).not.toContain(TOKEN);
  });

  test('a ticket with which nobody has signed in yet', async () => {
    const ticket = await newTicket(bridge.url, 'vault');
    log.length = 0;
    const parameters = [
      ['api_key', 'vault'],
      ['ticket', ticket],
    ] as const;
    await callBridge(bridge.url, format, 'get_auth_token', parameters);
    const [line] = lines();
    expect(line).toMatchObject({ status: 'not_logged_in', cause: 'nobody has signed in with the ticket yet' });
    expect(JSON.stringify(line)).not.toContain(ticket);
  });
});

const envelope = (body: string) => `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/">${body}</Envelope>`;

test.each([
  ['xml', '<request><action>a</request>', 'ill-formed XML (unexpected close tag) at line 1, column 28'],
  ['xml', '<requests/>', 'the root element is not <request>'],
  ['xml', 'x'.repeat(5000), 'the request is too large: more than 4096 bytes'],
  ['soap', envelope('<Body/>'), 'no operation in the Body'],
  ['soap', '<Envelope/>', 'the root element is not Envelope of http://schemas.xmlsoap.org/soap/envelope/'],
  ['soap', envelope('<Body><no_operation xmlns="urn:boxnet"/></Body>'), 'unknown action: "no_operation"'],
])('of a request to %s: %s', async (format, body, cause) => {
  await fetch(`${bridge.url}/api/1.0/${format}`, { method: 'POST', body, headers: { 'User-Agent': 'Old/1.0\t(x)' } });
  expect(lines()).toMatchObject([{ level: 40, cause, user_agent: 'Old/1.0 (x)' }]);
});

test.each([
  ['GET', '/api/1.0/upload/0123456789abcdef0123456789abcdef/0', '/api/1.0/upload/…/0', 'nothing answers at this path'],
  ['GET', '/api/1.0/Download/short-secret/1', '/api/1.0/Download/…/1', 'nothing answers at this path'],
  ['GET', '/users/01234.secret.0123456789abcdef', '/users/…', 'nothing answers at this path'],
  ['GET', '/api/2.0/files;auth_token=secret', '/api/2.0/files', 'nothing answers at this path'],
  ['GET', '/api/1.0/rest/x?auth_token=secret', '/api/1.0/rest/x', 'nothing answers at this path'],
  ['DELETE', '/api/1.0/rest?auth_token=secret', '/api/1.0/rest', 'DELETE is not for this path'],
])('of %s %s', async (method, target, path, cause) => {
  await fetch(bridge.url + target, { method });
  const [line] = lines();
  expect(line).toMatchObject({ level: 40, status: 'wrong_input', method, path, cause });
  expect(JSON.stringify(line)).not.toContain('secret');
});

describe('what never becomes HTTP', () => {
  /** Sends bytes, and waits until the connection is closed. */
  const send = async (bytes: string | Buffer) => {
    const { port } = new URL(bridge.url);
    const socket = connectTcp(Number(port), '127.0.0.1');
    socket.resume().end(bytes);
    await once(socket, 'close');
  };

  test.each([
    ['SOCKS 5', Buffer.from([5, 1, 0]), /^not a request of HTTP: SOCKS/],
    ['SOCKS 4', Buffer.from([4, 1, 0, 80, 1, 2, 3, 4, 0]), /^not a request of HTTP: SOCKS/],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /^not a request of HTTP: HTTP\/2/],
    ['PROXY', 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n\r\n', /^not a request of HTTP: the PROXY protocol/],
    ['SSL 2', Buffer.from([0x80, 0x2e, 1, 3, 1, 0, 3]), /^not a request of HTTP: TLS/],
    ['noise', 'hello\r\n\r\n', /^not a request of HTTP: Invalid method/],
    ['CONNECT', 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n', /^CONNECT is not for this server$/],
  ])('%s', async (_what, bytes, cause) => {
    await send(bytes);
    expect(lines()).toMatchObject([{ level: 40, address: '127.0.0.1', cause: expect.stringMatching(cause) }]);
  });

  test('TLS', async () => {
    const { port } = new URL(bridge.url);
    const socket = connectTls(Number(port), '127.0.0.1');
    await once(socket, 'error');
    expect(lines()).toMatchObject([{ level: 40, cause: expect.stringContaining(': TLS, as of https://') }]);
  });
});
