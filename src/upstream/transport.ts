import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import axios, { type AxiosAdapter } from 'axios';
import { Agent, type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici';
import { version } from '../shared/version.js';
import type { UpstreamResponse } from './response.js';
import type { TlsFiles } from './tls-files.js';

/** What the environment says about proxies; each as URLs or lists in the usual form, empty where it says nothing. */
export interface Proxies {
  readonly https: string;
  readonly http: string;
  readonly none: string;
}

export interface TransportOptions {
  /** Milliseconds until a connection has to stand, TLS included. */
  readonly connectMs: number;
  /** The most sockets to one origin. */
  readonly sockets: number;
  readonly proxies?: Proxies | undefined;
  readonly tls?: TlsFiles | undefined;
}

interface TransportRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly type: string; readonly text: string } | undefined;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Sends a request once and gives the reply, whatever its status. Throws where there is no whole and readable one. */
export type Transport = (transmission: TransportRequest) => Promise<UpstreamResponse>;

/** The code of the error where a reply is larger than is read. */
export const TOO_LARGE = 'ERR_REPLY_TOO_LARGE';

/** Bytes, before and after decompression. */
const REPLY_BYTES = 1024 * 1024;

/** The way to the modern API of one application. Connections are kept alive, no redirect is followed. */
export function createTransport(options: TransportOptions): Transport {
  const dispatcher = dispatcherOf(options);
  const client = axios.create({
    responseType: 'text',
    transformRequest: (body: unknown) => body,
    transformResponse: (body: unknown) => body,
  });
  return async ({ method, url, headers, body, signal }) => {
    const reply = await client.request<string>({
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
    return { status: reply.status, headers: Object.fromEntries(Object.entries(reply.headers)), text: reply.data };
  };
}

function dispatcherOf({ connectMs, sockets, proxies, tls = {} }: TransportOptions): Dispatcher {
  const connect = { timeout: connectMs, ...tls };
  // Time is limited from outside, for the whole request.
  const settings = { connections: sockets, connect, headersTimeout: 0, bodyTimeout: 0 };
  if (!proxies?.http && !proxies?.https) return new Agent(settings);
  return new EnvHttpProxyAgent({
    ...settings,
    httpProxy: proxies.http,
    httpsProxy: proxies.https,
    noProxy: proxies.none,
    // As is usual: a tunnel for https, a plain request for http.
    proxyTunnel: false,
    requestTls: connect,
    proxyTls: { timeout: connectMs },
    clientFactory: (origin, given) => new Pool(origin, { ...given, headersTimeout: connectMs }),
  });
}

/** Lets axios send with undici, whose connections have time limits, proxies and certificates of their own. */
function adapterOf(dispatcher: Dispatcher, signal: AbortSignal): AxiosAdapter {
  return async (config) => {
    const { origin, pathname, search } = new URL(config.url ?? '');
    const { statusCode, statusText, headers, body } = await dispatcher.request({
      origin,
      path: pathname + search,
      method: (config.method ?? 'GET').toUpperCase(),
      headers: textsIn(config.headers.toJSON()),
      body: typeof config.data === 'string' ? config.data : null,
      signal,
    });
    const data = (await decoded(await read(body), headers['content-encoding'])).toString();
    return { status: statusCode, statusText, headers: textsIn(headers), data, config };
  };
}

function textsIn(headers: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, it]) => (it === undefined ? [] : [[name, `${it}`]])),
  );
}

/** A body up to the limit; the connection of a longer one is closed. */
async function read(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > REPLY_BYTES) throw Object.assign(new Error('a reply that is too large'), { code: TOO_LARGE });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const decoders = { gzip: promisify(gunzip), deflate: promisify(inflate), br: promisify(brotliDecompress) };

async function decoded(bytes: Buffer, encoding: string | string[] | undefined): Promise<Buffer> {
  if (bytes.length === 0 || encoding === undefined || encoding === 'identity') return bytes;
  const [, decode] = Object.entries(decoders).find(([name]) => name === encoding) ?? [];
  if (!decode) throw new Error('a reply in an encoding that was not asked for');
  return decode(bytes, { maxOutputLength: REPLY_BYTES });
}
