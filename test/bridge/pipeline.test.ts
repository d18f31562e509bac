import { describe, expect, test } from '@jest/globals';
import type { Application } from '../../src/applications/application.js';
import { connect } from '../../src/applications/connect.js';
import { parseConfig } from '../../src/config/load.js';
import { actionNames } from '../../src/core/actions.js';
import { Fault } from '../../src/core/fault.js';
import type { Protocol } from '../../src/protocols/protocol.js';
import { createCache } from '../../src/providers/cache.js';
import { providers } from '../../src/providers/index.js';
import { createUpstreams } from '../../src/upstream/client.js';
import { rootOf } from '../support/cases/well-formed.js';
import { afterwards } from '../support/cleanup.js';
import { type Format, formats, post } from '../support/clients/legacy.js';
import { exchange, type RawReply } from '../support/clients/raw.js';
import { type RequestHandlerOptions, startRequestHandler } from '../support/servers/request-handler.js';

const SECRET = 'secret of a defect';

function fail(): never {
  throw new Error(SECRET);
}

/** An application whose replies are in a character set that there is not. */
async function applicationWithoutCharset(): Promise<Application> {
  const applications = [{ api_key: 'k', provider: 'previsto', base_url: 'http://127.0.0.1:9' }];
  const options = { directory: '/', actions: actionNames, providers };
  const [config] = parseConfig({ applications }, options).applications;
  if (!config) throw new Error('no application');
  const application = await connect(config, createUpstreams({ timeoutMs: 1000 }), createCache());
  return { ...application, replyCharset: SECRET, headers: { Deprecation: '@1' } };
}

interface Defect {
  readonly options: RequestHandlerOptions;
  /** The action, in the log and the metrics. */
  readonly action: string;
  readonly provider: string;
}

const failingDecode = (protocol: Protocol): Protocol => ({ ...protocol, decode: fail });
const failingCall = (protocol: Protocol): Protocol => ({
  ...protocol,
  decode: (request) => ({ ...protocol.decode(request), call: fail }),
});
const failingEncode = (protocol: Protocol): Protocol => ({
  ...protocol,
  decode: (request) => ({ ...protocol.decode(request), encode: fail }),
});

const application = await applicationWithoutCharset();
const defects: Readonly<Record<string, Defect>> = {
  'the decoder of a request': { options: { protocol: failingDecode }, action: 'unknown', provider: 'none' },
  'the decoder of a call': { options: { protocol: failingCall }, action: 'unknown', provider: 'none' },
  'the encoder': { options: { protocol: failingEncode }, action: 'logout', provider: 'none' },
  'the character set of the reply': {
    options: { findApplication: () => application },
    action: 'logout',
    provider: 'previsto',
  },
};

async function start(options: RequestHandlerOptions) {
  const log: string[] = [];
  const server = await startRequestHandler({ ...options, onLog: (line) => log.push(line) });
  afterwards(server.close);
  const protocolNamed = (name: string): Protocol => {
    const protocol = server.protocols.find((each) => each.name === name);
    if (!protocol) throw new Error(`no protocol ${name}`);
    return protocol;
  };
  return { ...server, log, protocolNamed };
}

const logout = [
  ['api_key', 'k'],
  ['auth_token', 't'],
] as const;

function expectNoLeak(text: string): void {
  expect(text).not.toContain(SECRET);
  expect(text).not.toMatch(/<html|Error:|\.[jt]s\b|node_modules/i);
}

describe.each(formats)('in %s, a defect of', (format) => {
  test.each(Object.entries(defects))('%s is answered in the format, logged and counted', async (_where, defect) => {
    const { url, log, metrics, protocolNamed } = await start(defect.options);
    const response = await post(url, format, 'logout', logout);
    const body = await response.text();
    expect(response.status).toBe(500);
    if (defect.options.protocol !== failingCall) expect(body).toBe(protocolNamed(format).internalError.body);
    expect(body).toContain('internal_error');
    expect(rootOf(body).local).toBe(format === 'soap' ? 'Envelope' : 'response');
    expect(response.headers.get('deprecation')).toBe(defect.options.findApplication ? '@1' : null);
    expect(response.headers.get('content-type')).toBe('text/xml');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('content-length')).toBe(`${Buffer.byteLength(body)}`);
    expectNoLeak([...response.headers, body].join('\n'));

    expect(log).toHaveLength(1);
    expect(JSON.parse(log[0] ?? '')).toMatchObject({
      level: 50,
      msg: 'a defect of the bridge',
      request_id: response.headers.get('x-request-id'),
      protocol: format,
      action: defect.action,
      status: 'internal_error',
      http_status: 500,
      cause: expect.stringContaining(SECRET),
      stack: expect.stringMatching(/\n +at .*\.[jt]s/),
    });
    const { action, provider } = defect;
    expect(await metrics()).toContain(
      `boxbridge_calls_total{protocol="${format}",provider="${provider}",application="${provider}",action="${action}",status="internal_error"} 1\n`,
    );
  });

  test.each([
    ['the decoder', failingDecode],
    ['the encoder', failingEncode],
  ])('%s while malformed HTTP is answered', async (_where, protocol) => {
    const { url, log, metrics, protocolNamed } = await start({ protocol });
    const request = Buffer.from(`POST /api/1.0/${format} HTTP/1.1\r\nbroken\r\n\r\n`);
    const { replies, isClosed } = await exchange(url, request);
    expect(isClosed).toBe(true);
    expectInternalError(replies, protocolNamed(format));
    expect(log.map((line) => JSON.parse(line))).toMatchObject([{ msg: 'a defect of the bridge', cause: SECRET }]);
    expect(await metrics()).toContain(
      `boxbridge_calls_total{protocol="${format}",provider="none",application="none",action="unknown",status="internal_error"} 1\n`,
    );
  });

  test('the log changes no reply and ends no process', async () => {
    const dispatch = () => Promise.reject(new Fault('unavailable'));
    const { url } = await start({ dispatch });
    const failing = await startRequestHandler({ dispatch, onLog: fail });
    afterwards(failing.close);
    const expected = await post(url, format, 'logout', logout);
    const response = await post(failing.url, format, 'logout', logout);
    expect(response.status).toBe(format === 'soap' ? 500 : 503);
    expect(response.headers.get('retry-after')).toBe('10');
    expect(await response.text()).toBe(await expected.text());
    expect(await failing.metrics()).toContain(
      `boxbridge_calls_total{protocol="${format}",provider="none",application="none",action="logout",status="service_unavailable"} 1\n`,
    );
  });

  test('the log changes no reply to malformed HTTP', async () => {
    const failing = await startRequestHandler({ protocol: failingDecode, onLog: fail });
    afterwards(failing.close);
    const [protocol] = failing.protocols.filter(({ name }) => name === format);
    const { replies } = await exchange(failing.url, Buffer.from(`POST /api/1.0/${format} HTTP/1.1\r\nbroken\r\n\r\n`));
    expect(replies.map(({ status, body }) => [status, body.toString()])).toEqual([[500, protocol?.internalError.body]]);
  });
});

function expectInternalError(replies: readonly RawReply[], { internalError }: Protocol): void {
  expect(replies).toHaveLength(1);
  const [reply] = replies;
  expect([reply?.status, reply?.body.toString()]).toEqual([500, internalError.body]);
  expect(reply?.headers.get('content-type')).toBe('text/xml');
  expect(reply?.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/);
  expectNoLeak(`${reply?.head}\n${reply?.body}`);
}

describe('outside the pipeline, a defect of', () => {
  const outside: readonly [what: string, options: RequestHandlerOptions, path: string, format: Format][] = [
    ['the WSDL', { wsdl: fail }, '/api/1.0/soap?wsdl', 'soap'],
    ['health', { health: fail }, '/healthz', 'rest'],
    ['health, at the path of a protocol', { health: fail }, '/api/1.0/soap', 'soap'],
  ];

  test.each(outside)('%s is answered by it', async (_what, options, path, format) => {
    const { url, log, protocolNamed } = await start(options);
    const { replies } = await exchange(url, Buffer.from(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`), { replies: 1 });
    expectInternalError(replies, protocolNamed(format));
    expect(log.map((line) => JSON.parse(line))).toMatchObject([{ msg: 'a defect of the bridge', cause: SECRET }]);
  });

  test.each(formats)('what calls it is answered in %s all the same', async (format) => {
    const { url, log, protocolNamed } = await start({ pipeline: fail });
    const get = `GET /api/1.0/${format} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const { replies } = await exchange(url, Buffer.from(get), { replies: 1 });
    expectInternalError(replies, protocolNamed(format));
    expect(log.map((line) => JSON.parse(line))).toMatchObject([{ msg: 'a defect of the bridge', cause: SECRET }]);
  });

  test('what answers malformed HTTP closes the connection and no other', async () => {
    const { url } = await start({ pipeline: fail, health: (_request, response) => void response.end('ok') });
    const { replies, isClosed } = await exchange(url, Buffer.from('GARBAGE\r\n\r\n'));
    expect([replies, isClosed]).toEqual([[], true]);
    expect((await fetch(url)).status).toBe(200);
  });
});
