import { createRequire } from 'node:module';
import type { Axios, AxiosAdapter } from 'axios';
import type { Dispatcher } from 'undici';
import { lazy } from '../shared/lazy.js';
import { startTimer } from '../shared/timer.js';
import { version } from '../shared/version.js';
import { ACCEPT_ENCODING, decompress } from './decompress.js';
import { replyText } from './reply-text.js';
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
  readonly method: Dispatcher.HttpMethod;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly type: string; readonly text: string } | undefined;
  /** The time for all of it, in milliseconds. */
  readonly timeoutMs: number;
  /** Otherwise a 2xx reply whose body is lost, too large or cannot be decompressed is given with an empty one. */
  readonly isBodyNeeded: boolean;
}

export interface Transport {
  /**
   * Sends a request once and gives the reply, whatever its status. Rejects where there is no complete reply in time, or it
   * cannot be decompressed.
   */
  readonly send: (request: TransportRequest) => Promise<UpstreamResponse>;
  /** Closes the connections, each at the end of its requests. Whoever sends after that gets one of his own. */
  readonly retire: () => void;
}

/** The error code of a reply over the size limit. */
export const TOO_LARGE = 'ERR_REPLY_TOO_LARGE';
/** The error code of a reply that is not complete in time. */
export const TIMED_OUT = 'ERR_REPLY_TIMED_OUT';

/** The size limit of a reply, before and after decompression. */
const MAX_REPLY_BYTES = 1024 * 1024;

/** The size limit of the head of a reply; cookies and policies of proxies may be long. */
const MAX_HEAD_BYTES = 64 * 1024;

const USER_AGENT = `BoxBridge/${version}`;

/** A transport to modern APIs. Connections are kept alive; no redirect is followed. */
export function createTransport(options: TransportOptions): Transport {
  const client = lazy(createClient);
  let dispatcher: Dispatcher | undefined;
  let isRetired = false;
  const current = () => {
    dispatcher ??= createDispatcher(options);
    return dispatcher;
  };
  const retire = () => {
    isRetired = true;
    // It waits for the requests that it has.
    dispatcher?.close().catch(() => {});
    dispatcher = undefined;
  };
  return {
    send: async (request) => {
      try {
        const { data } = await client().request<UpstreamResponse>({ adapter: adapterFor(current, request) });
        return data;
      } finally {
        if (isRetired) retire();
      }
    },
    retire,
  };
}

/**
 * What only requests to modern APIs need is loaded by the first of them, or the start would take a third longer; and no
 * more of it than they need.
 */
const require = createRequire(import.meta.url);

/** Without the defaults of axios: nothing transforms a body, and headers stay beside it. */
function createClient(): Axios {
  const axios: typeof import('axios') = require('axios');
  return new axios.Axios({});
}

function createDispatcher({ connectMs, sockets, proxies, tls = {} }: TransportOptions): Dispatcher {
  const connect = { timeout: connectMs, ...tls };
  // The timeouts of undici are off: the timer of the request limits it as a whole.
  const settings = {
    connections: sockets,
    connect,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: MAX_HEAD_BYTES,
  };
  if (!proxies?.http && !proxies?.https) {
    const Agent: typeof import('undici').Agent = require('undici/lib/dispatcher/agent.js');
    return new Agent(settings);
  }
  const { EnvHttpProxyAgent, Pool }: typeof import('undici') = require('undici');
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
function adapterFor(dispatcher: () => Dispatcher, request: TransportRequest): AxiosAdapter {
  return async (config) => {
    const { status, headers, body } = await dispatch(dispatcher(), request);
    const decompressed = decompress(body, headers['content-encoding'], MAX_REPLY_BYTES);
    const bytes = await (canLoseBody(request, status) ? decompressed.catch(() => EMPTY) : decompressed);
    const text = replyText(bytes, String(headers['content-type'] ?? ''));
    return { status, statusText: '', headers: {}, data: { status, headers, text }, config };
  };
}

/** Whether a reply is known well enough by its status. */
function canLoseBody({ isBodyNeeded }: TransportRequest, status: number): boolean {
  return !isBodyNeeded && status >= 200 && status < 300;
}

interface RawReply extends Omit<UpstreamResponse, 'text'> {
  readonly body: Buffer;
}

/** Sends a request and collects its reply, up to the size limit and within its time; else its connection is closed. */
function dispatch(dispatcher: Dispatcher, request: TransportRequest): Promise<RawReply> {
  const { method, url, headers, body, timeoutMs } = request;
  const { origin, pathname, search } = new URL(url);
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let failure: Error | undefined;
    let timer: NodeJS.Timeout | undefined;
    let status = 0;
    let replyHeaders: RawReply['headers'] = {};
    const chunks: Buffer[] = [];
    let size = 0;
    const giveUp = (error: Error) => {
      clearTimeout(timer);
      if (canLoseBody(request, status)) resolve({ status, headers: replyHeaders, body: EMPTY });
      else reject(error);
    };
    const fail = (message: string, code: string) => {
      failure = Object.assign(new Error(message), { code });
      giveUp(failure);
      controller?.abort(failure);
    };
    dispatcher.dispatch(
      {
        origin,
        path: pathname + search,
        method,
        headers: {
          'User-Agent': USER_AGENT,
          'Accept-Encoding': ACCEPT_ENCODING,
          ...headers,
          ...(body && { 'Content-Type': body.type }),
        },
        body: body?.text ?? null,
      },
      {
        onRequestStart: (started) => {
          controller = started;
          // It waited for a connection for too long: a write that was told to have failed MUST NOT be sent.
          if (failure) started.abort(failure);
        },
        onResponseStart: (_controller, statusCode, received) => {
          status = statusCode;
          replyHeaders = received;
        },
        onResponseData: (_controller, chunk) => {
          size += chunk.length;
          if (size > MAX_REPLY_BYTES) fail('a reply that is too large', TOO_LARGE);
          else chunks.push(chunk);
        },
        onResponseEnd: () => {
          clearTimeout(timer);
          const [only = EMPTY] = chunks;
          resolve({ status, headers: replyHeaders, body: chunks.length > 1 ? Buffer.concat(chunks) : only });
        },
        onResponseError: (_controller, error) => giveUp(error),
      },
    );
    timer = startTimer(() => fail('no reply in time', TIMED_OUT), timeoutMs);
  });
}

const EMPTY = Buffer.alloc(0);
