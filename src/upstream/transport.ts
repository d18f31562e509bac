import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import axios, { type AxiosAdapter } from 'axios';
import { Agent, type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici';
import { version } from '../shared/version.js';
import type { UpstreamResponse } from './response.js';
import type { TlsFiles } from './tls-files.js';

/** The proxy variables of the environment, each in its usual form; empty where unset. */
export interface Proxies {
  readonly https: string;
  readonly http: string;
  readonly none: string;
}

export interface TransportOptions {
  /** Timeout of connecting, TLS included, in milliseconds. */
  readonly connectMs: number;
  /** The limit of sockets to one origin. */
  readonly sockets: number;
  readonly proxies?: Proxies | undefined;
  readonly tls?: TlsFiles | undefined;
}

interface TransportRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly type: string; readonly text: string } | undefined;
  /** Aborts the request. */
  readonly signal: AbortSignal;
}

/**
 * Sends a request once and gives the reply, whatever its status. Rejects where there is no complete reply, or it cannot
 * be decompressed.
 */
export type Transport = (request: TransportRequest) => Promise<UpstreamResponse>;

/** The error code of a reply over the size limit. */
export const TOO_LARGE = 'ERR_REPLY_TOO_LARGE';

/** The size limit of a reply, before and after decompression. */
const MAX_REPLY_BYTES = 1024 * 1024;

/** The transport to the modern API of one application. Connections are kept alive; no redirect is followed. */
export function createTransport(options: TransportOptions): Transport {
  const dispatcher = dispatcherOf(options);
  const client = axios.create({
    responseType: 'text',
    transformRequest: (body: unknown) => body,
    transformResponse: (body: unknown) => body,
  });
  return async ({ method, url, headers, body, signal }) => {
    const reply = await client.request<unknown>({
      adapter: adapterOf(dispatcher, signal),
      method,
      url,
      headers: {
        'User-Agent': `BoxBridge/${version}`,
        'Accept-Encoding': Object.keys(decoders).join(', '),
        ...headers,
        ...(body && { 'Content-Type': body.type }),
      },
      ...(body && { data: body.text }),
    });
    return { status: reply.status, headers: toTexts(reply.headers), text: `${reply.data}` };
  };
}

function dispatcherOf({ connectMs, sockets, proxies, tls = {} }: TransportOptions): Dispatcher {
  const connect = { timeout: connectMs, ...tls };
  // The timeouts of undici are off: the signal limits the request as a whole.
  const settings = { connections: sockets, connect, headersTimeout: 0, bodyTimeout: 0 };
  if (!proxies?.http && !proxies?.https) return new Agent(settings);
  return new EnvHttpProxyAgent({
    ...settings,
    httpProxy: proxies.http,
    httpsProxy: proxies.https,
    noProxy: proxies.none,
    // A tunnel for https alone; for http the request is sent to the proxy.
    proxyTunnel: false,
    requestTls: connect,
    proxyTls: { timeout: connectMs },
    clientFactory: (origin, clientOptions) => new Pool(origin, { ...clientOptions, headersTimeout: connectMs }),
  });
}

/** An adapter that sends with undici, whose dispatchers have their own timeouts, proxies and certificates. */
function adapterOf(dispatcher: Dispatcher, signal: AbortSignal): AxiosAdapter {
  return async (config) => {
    const { origin, pathname, search } = new URL(config.url ?? '');
    const { statusCode, statusText, headers, body } = await dispatcher.request({
      origin,
      path: pathname + search,
      method: (config.method ?? 'GET').toUpperCase(),
      headers: toTexts(config.headers.toJSON()),
      body: typeof config.data === 'string' ? config.data : null,
      signal,
    });
    const data = (await decompress(await readLimited(body), headers['content-encoding'])).toString();
    return { status: statusCode, statusText, headers: toTexts(headers), data, config };
  };
}

/** Headers as texts; several values of one are joined by commas. */
function toTexts(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, `${value}`]])),
  );
}

/** Reads a body up to the size limit; the connection of a larger one is closed. */
async function readLimited(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_REPLY_BYTES) throw Object.assign(new Error('a reply that is too large'), { code: TOO_LARGE });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const decoders = { gzip: promisify(gunzip), deflate: promisify(inflate), br: promisify(brotliDecompress) };

async function decompress(bytes: Buffer, encoding: string | string[] | undefined): Promise<Buffer> {
  if (bytes.length === 0 || encoding === undefined || encoding === 'identity') return bytes;
  const [, decode] = Object.entries(decoders).find(([name]) => name === encoding) ?? [];
  if (!decode) throw new Error('a reply in an encoding that was not asked for');
  return decode(bytes, { maxOutputLength: MAX_REPLY_BYTES });
}
