import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';

/** A reply as received on the wire. */
export interface RawReply {
  /** `1.0` or `1.1`. */
  readonly version: string;
  readonly status: number;
  /** The status line and the header lines, without the empty one. */
  readonly head: string;
  /** By their names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** What came back for the bytes that were sent. */
export interface Exchange {
  /** Interim replies (1xx) included. */
  readonly replies: readonly RawReply[];
  /** The bytes after the last complete reply. */
  readonly rest: Buffer;
  /** Whether the server closed the connection. */
  readonly isClosed: boolean;
}

export interface ExchangeOptions {
  /** Ends after this many final replies; unless given, when the server closes the connection. */
  readonly replies?: number;
  /** The methods of the requests, in order, where one is HEAD: its reply has no body. */
  readonly methods?: readonly string[];
  /** Half-closes the connection after sending. */
  readonly isHalfClosed?: boolean;
  readonly timeoutMs?: number;
}

export async function connectTo(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = createConnection({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.setNoDelay(true);
  await once(socket, 'connect');
  return socket;
}

/** Sends these pieces one after the other and reads what comes back. Rejects after `timeoutMs`. */
export async function exchange(
  url: string,
  pieces: readonly Buffer[] | Buffer,
  options: ExchangeOptions = {},
): Promise<Exchange> {
  const socket = await connectTo(url);
  try {
    return await exchangeOn(socket, pieces, options);
  } finally {
    socket.destroy();
  }
}

/** The same on an open connection, which is left open. */
export async function exchangeOn(
  socket: Socket,
  pieces: readonly Buffer[] | Buffer,
  { replies: wanted = Number.POSITIVE_INFINITY, methods = [], isHalfClosed, timeoutMs = 10_000 }: ExchangeOptions = {},
): Promise<Exchange> {
  const received: Buffer[] = [];
  const parsed: Parsed = { replies: [], rest: Buffer.alloc(0) };
  let unread = 0;
  let isClosed = false;
  let now = () => {};
  const read = () => {
    parsed.rest = Buffer.concat([parsed.rest, ...received.slice(unread)]);
    unread = received.length;
    parse(parsed, methods);
    return { ...parsed, isClosed };
  };
  const onData = (bytes: Buffer) => {
    received.push(bytes);
    if (Number.isFinite(wanted)) now();
  };
  const onEnd = () => {
    isClosed = true;
    now();
  };
  // A connection that is reset ends too.
  const onError = () => onEnd();
  socket.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onError);
  const done = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no end after ${timeoutMs} ms, but ${Buffer.concat(received).toString('latin1')}`)),
      timeoutMs,
    );
    now = () => {
      const isDone = isClosed || read().replies.filter(({ status }) => status >= 200).length >= wanted;
      if (!isDone) return;
      clearTimeout(timer);
      resolve();
    };
  });
  try {
    const parts = Array.isArray(pieces) ? pieces : [pieces];
    for (const [index, piece] of parts.entries()) {
      if (socket.destroyed || socket.writableEnded) break;
      socket.write(piece);
      if (index < parts.length - 1) await setImmediate();
    }
    if (isHalfClosed) socket.end();
    now();
    await done;
    return read();
  } finally {
    socket.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onError);
    socket.on('error', () => {});
  }
}

/** Every byte on its own. */
export function bytewise(bytes: Buffer): Buffer[] {
  return Array.from(bytes, (_, index) => bytes.subarray(index, index + 1));
}

/** The complete replies so far, and the bytes after them. */
interface Parsed {
  readonly replies: RawReply[];
  rest: Buffer;
}

/** Moves complete replies out of the rest. */
function parse(parsed: Parsed, methods: readonly string[]): void {
  const { replies } = parsed;
  for (;;) {
    const { rest } = parsed;
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = rest.toString('latin1', 0, end);
    const [start = '', ...lines] = head.split('\r\n');
    const [, version = '', code = ''] = /^HTTP\/(1\.[01]) (\d{3}) [\x20-\x7e]*$/.exec(start) ?? [];
    if (!version) return;
    const headers = new Map<string, string>();
    for (const line of lines) {
      const [, name = '', value = ''] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([\t\x20-\x7e]*)$/.exec(line) ?? [];
      const key = name.toLowerCase();
      if (!key || headers.has(key)) throw new Error(`a header line that is none or comes twice: ${line}`);
      headers.set(key, value);
    }
    const status = Number(code);
    const method = methods[replies.filter((reply) => reply.status >= 200).length] ?? '';
    const hasBody = status >= 200 && status !== 204 && status !== 304 && method !== 'HEAD';
    const length = hasBody ? Number(headers.get('content-length') ?? 0) : 0;
    const body = rest.subarray(end + 4, end + 4 + length);
    if (body.length < length) return;
    replies.push({ version, status, head, headers, body });
    parsed.rest = rest.subarray(end + 4 + length);
  }
}
