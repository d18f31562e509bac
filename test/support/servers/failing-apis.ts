import type { RequestListener, ServerResponse } from 'node:http';
import { createSandbox, sandboxPaths } from '../../../src/sandbox/sandbox.js';
import { tokens } from '../cases/modern-accounts.js';
import { callBridge, type Format, type Reply } from '../clients/legacy.js';
import { startUpstream, type Upstream } from './upstream.js';
import { type Api, apis } from './workbench.js';

const replying =
  (status: number, body: string, headers: Readonly<Record<string, string>> = {}): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(body);

function sendLargeReply(response: ServerResponse): void {
  const chunk = Buffer.alloc(64 * 1024, 'x');
  let left = 1024;
  const write = () => {
    while (left > 0 && !response.destroyed) {
      left -= 1;
      if (!response.write(chunk)) return;
    }
    response.end('"}');
  };
  response.on('drain', write).write('{"email":"');
  write();
}

/** The failure modes of a modern API. */
export const failures: Readonly<Record<string, RequestListener>> = {
  '500': replying(500, '{"error":"Internal server error"}'),
  '502': replying(502, '<html>Bad gateway</html>'),
  '503': replying(503, ''),
  '429': replying(429, '{}', { 'Retry-After': '2' }),
  HTML: replying(200, '<!DOCTYPE html><title>Maintenance</title>', { 'Content-Type': 'text/html' }),
  'half a reply': (request, response) => {
    response.writeHead(200, { 'Content-Length': 1000 }).write('{"email":"a@');
    setImmediate(() => request.socket.destroy());
  },
  'a closed socket': (request) => void request.socket.destroy(),
  silence: () => {},
  'a redirect': replying(302, '', { Location: 'https://login.example.com/' }),
  '64 megabytes': (_request, response) => sendLargeReply(response),
  'an array': replying(200, '[]'),
  null: replying(200, 'null'),
  nothing: replying(200, ''),
};

/** A sandbox, each API of which can be made to fail. */
export interface FailingApis {
  readonly upstream: Upstream;
  readonly fail: (api: Api, how: RequestListener) => void;
  readonly recover: (api: Api) => void;
}

export async function startFailingApis(): Promise<FailingApis> {
  const sandbox = createSandbox();
  const failing = new Map<string, RequestListener>();
  const upstream = await startUpstream((request, response) => {
    const how = failing.get(request.url?.split('/')[1] ?? '') ?? sandbox;
    how(request, response);
  });
  return {
    upstream,
    fail: (api, how) => void failing.set(api, how),
    recover: (api) => void failing.delete(api),
  };
}

/** The configuration of an application for each modern API. */
export function applicationsAt(url: string): { api_key: Api; provider: Api; base_url: string }[] {
  return apis.map((api) => ({ api_key: api, provider: api, base_url: url + sandboxPaths[api] }));
}

/** Reads the account; with a valid token unless given. */
export function readAccount(bridge: string, format: Format, api: Api, token = tokens[api]): Promise<Reply> {
  return callBridge(bridge, format, 'get_account_info', [
    ['api_key', api],
    ['auth_token', token],
  ]);
}

/** Whether an old client got the reply for an outage. */
export function isOutageReply({ http, status, fault }: Reply, format: Format): boolean {
  if (format === 'soap') return http === 500 && fault === 'Server' && status === 'service_unavailable';
  return http === 503 && status === 'service_unavailable';
}
