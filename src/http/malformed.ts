import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { HttpReply } from '../bridge/pipeline.js';
import { Fault } from '../core/fault.js';
import { codeOf } from '../shared/errors.js';

/** What is known of something that is no HTTP request. */
interface Fragment {
  /** How it begins, as far as it has come. */
  readonly start: string;
  /** Empty if it has none, or none that could be read. */
  readonly contentType: string;
  readonly address: string;
}

/** The reply to it. */
export type AnswerMalformed = (fragment: Fragment, failure: Fault) => Promise<HttpReply>;

const START_BYTES = 400;
/** How long a caller that still sends may take to read why it is cut off. */
const LINGER_MS = 1000;

/** What is going on on a connection. */
interface ConnectionState {
  readonly address: string;
  /** How the latest bytes that began a request begin. */
  start: string;
  /** Whether a request has come out of them, so that the next bytes begin another. */
  isFresh: boolean;
  /** Requests that have not come to their end, or whose replies have not. */
  readonly open: Set<{ request: IncomingMessage; response: ServerResponse }>;
  isRefused: boolean;
}

/**
 * Has a server answer what Node would answer on its own or drop: a broken head, one that is too large or too slow, a
 * broken body, CONNECT. What came before on the same connection is answered first.
 */
export function handleMalformedRequests(server: Server, refuse: AnswerMalformed): void {
  const connections = new WeakMap<Duplex, ConnectionState>();
  const connectionOf = (socket: Duplex, address = ''): ConnectionState => {
    const connection = connections.get(socket) ?? {
      address,
      start: '',
      isFresh: true,
      open: new Set(),
      isRefused: false,
    };
    connections.set(socket, connection);
    return connection;
  };

  const answer = async (socket: Duplex, { status, explanation, packet }: ClientError) => {
    const connection = connectionOf(socket);
    // Node tells again and again, as long as bytes come.
    if (connection.isRefused) return;
    connection.isRefused = true;
    const earlier = [...connection.open];
    const broken = earlier.find(({ request }) => !request.complete);
    const [begun = ''] = connection.isFresh
      ? [lastStart(packet || connection.start)]
      : connection.start.split(/[\r\n]/, 1);
    const start = broken?.request.url ?? begun;
    const isHead = broken ? broken.request.method === 'HEAD' : /^HEAD .* HTTP\/\d\.\d$/.test(begun);
    const contentType = broken
      ? (broken.request.headers['content-type'] ?? '')
      : contentTypeIn(packet || connection.start);
    const whole = earlier.filter((each) => each !== broken && !each.response.writableFinished);
    await Promise.all(whole.map(({ response }) => new Promise((resolve) => response.once('close', resolve))));
    if (!socket.writable) return void socket.destroy();
    if (broken?.response.headersSent) socket.end();
    else {
      const failure = new Fault('malformed', { http: status, explanation });
      const reply = await refuse({ start, contentType, address: connection.address }, failure);
      const { body } = reply;
      const head = headOf(reply.status, { ...reply.headers, 'Content-Length': `${body.length}` });
      socket.end(isHead ? head : Buffer.concat([head, body]));
    }
    const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
    socket.once('close', () => clearTimeout(timer));
  };

  server.on('connection', (socket) => {
    const connection = connectionOf(socket, socket.remoteAddress);
    socket.prependListener('data', (bytes: Buffer) => {
      const earlier = connection.isFresh ? '' : connection.start;
      connection.isFresh = false;
      connection.start = (earlier + bytes.toString('latin1', 0, START_BYTES)).trimStart().slice(0, START_BYTES);
    });
    // Node does not notice it in every case.
    socket.once('end', () => {
      const isBroken = [...connection.open].some(({ request }) => !request.complete);
      if (isBroken) return answer(socket, { status: 400, explanation: 'the request broke off', packet: '' });
    });
  });
  const opened = (request: IncomingMessage, response: ServerResponse) => {
    const connection = connectionOf(request.socket);
    const entry = { request, response };
    const forget = () => {
      if (request.complete && response.writableFinished) connection.open.delete(entry);
    };
    connection.isFresh = true;
    connection.open.add(entry);
    request.once('close', forget);
    response.once('close', forget);
  };
  // Node announces a request that expects what it does not know by another event.
  server.on('request', opened).on('checkExpectation', opened);
  server.on('connect', (_request, socket) => {
    // Node leaves the connection to whoever listens here.
    socket.on('error', () => socket.destroy()).resume();
    return answer(socket, { status: 405, explanation: 'CONNECT is not for this server', packet: '' });
  });
  server.on('clientError', (error, socket) => {
    if (codeOf(error)?.startsWith('E') && codeOf(error) !== TIMEOUT) return void socket.destroy();
    return answer(socket, toClientError(error));
  });
}

interface ClientError {
  readonly status: number;
  readonly explanation: string;
  /** The bytes that brought it to light. */
  readonly packet: string;
}

const TIMEOUT = 'ERR_HTTP_REQUEST_TIMEOUT';

function toClientError(error: Error): ClientError {
  const packet = 'rawPacket' in error && Buffer.isBuffer(error.rawPacket) ? error.rawPacket.toString('latin1') : '';
  switch (codeOf(error)) {
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, explanation: 'the headers are too large', packet };
    case TIMEOUT:
      return { status: 408, explanation: 'the request took too long to arrive', packet };
    default:
      return { status: 400, explanation: 'not a request of HTTP', packet };
  }
}

/** The last line that could be the first of a request to a path of the old API, where several came at once. */
function lastStart(text: string): string {
  return text.match(/^[a-z]+ [^\r\n]{0,100}?\/api\/[^\r\n]{0,100}/gim)?.at(-1) ?? '';
}

function contentTypeIn(head: string): string {
  return /^content-type:[ \t]*([^\r\n]*)/im.exec(head)?.[1] ?? '';
}

function headOf(status: number, headers: Readonly<Record<string, string>>): Buffer {
  const lines = Object.entries({ ...headers, Connection: 'close' }).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(`${[`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines].join('\r\n')}\r\n\r\n`, 'latin1');
}
