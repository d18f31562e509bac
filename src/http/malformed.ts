import { type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { HttpReply } from '../bridge/pipeline.js';
import { httpErrors } from '../core/error-mapping.js';
import { Fault } from '../core/fault.js';
import { codeOf } from '../shared/errors.js';
import type { Connection, Connections, Exchange } from './connections.js';
import { foreignProtocolOf } from './foreign-protocol.js';

/** What is known of bytes that are not a well-formed HTTP request. */
interface Fragment {
  /** The request line as far as it arrived, or the request target where that was parsed. */
  readonly start: string;
  /** Empty where there is none that could be parsed. */
  readonly contentType: string;
  readonly address: string;
}

/** Gives the reply to a malformed request. */
export type AnswerMalformed = (fragment: Fragment, failure: Fault) => Promise<HttpReply>;

/** How much of the start of a request is kept. */
const START_BYTES = 400;
/** How long a caller that is still sending may take to read its reply, in milliseconds. */
const LINGER_MS = 1000;

interface Reception {
  readonly connection: Connection;
  /** The beginning of the bytes that began the latest request. */
  start: string;
  /** The latest request that was parsed before them. */
  before: Exchange | undefined;
  /** Whether a malformed request is being answered; nothing after it is. */
  isFailed: boolean;
}

/**
 * Answers what Node would answer on its own or drop: a malformed head, one that is too large or too slow, a malformed
 * or incomplete body, CONNECT. Earlier requests on the same connection are answered first.
 */
export function handleMalformedRequests(
  server: Server,
  connections: Connections,
  answerMalformed: AnswerMalformed,
): void {
  const receptions = new WeakMap<Duplex, Reception>();

  const answer = async (socket: Duplex, { status, explanation, rawPacket, cause }: ClientError) => {
    const reception = receptions.get(socket);
    // Node emits the error again for every further packet.
    if (!reception || reception.isFailed) return;
    reception.isFailed = true;
    // At the end of what a caller sends, Node closes a connection on which it knows of no request.
    socket.removeAllListeners('end');
    const { connection, start: begun } = reception;
    const incomplete = incompleteIn(connection);
    const [requestLine = ''] = isParsed(reception) ? [lastRequestLine(rawPacket || begun)] : begun.split(/[\r\n]/, 1);
    const start = incomplete?.request.url ?? requestLine;
    const isHead = incomplete ? incomplete.request.method === 'HEAD' : /^HEAD .* HTTP\/\d\.\d$/.test(requestLine);
    const contentType = incomplete
      ? (incomplete.request.headers['content-type'] ?? '')
      : contentTypeIn(rawPacket || begun);
    const unfinished = connection.exchanges.filter((each) => each !== incomplete);
    await Promise.all(unfinished.map(({ response }) => new Promise((resolve) => response.once('close', resolve))));
    if (!socket.writable) return void socket.destroy();
    if (incomplete?.response.headersSent) socket.end();
    else {
      const failure = new Fault('malformed', {
        http: status,
        explanation,
        cause: foreignProtocolOf(rawPacket) ?? cause,
      });
      const reply = await answerMalformed({ start, contentType, address: connection.address }, failure);
      const head = headOf(reply.status, reply.headers);
      const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body;
      socket.end(isHead ? head : Buffer.concat([head, body]));
    }
    const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
    socket.once('close', () => clearTimeout(timer));
  };
  // No caller waits for the promise: a rejection would end the process.
  const answerOrClose = (socket: Duplex, error: ClientError) =>
    void answer(socket, error).catch(() => void socket.destroy());

  server.on('connection', (socket) => {
    const connection = connections.get(socket);
    if (!connection) return;
    const reception: Reception = { connection, start: '', before: undefined, isFailed: false };
    receptions.set(socket, reception);
    socket.prependListener('data', (bytes: Buffer) => {
      const start = isParsed(reception) ? '' : reception.start;
      reception.before = connection.latest;
      reception.start = (start + bytes.toString('latin1', 0, START_BYTES)).trimStart().slice(0, START_BYTES);
    });
    // Node does not emit clientError in every case of this.
    socket.once('end', () => {
      if (incompleteIn(connection)) answerOrClose(socket, badRequest('the request broke off'));
    });
  });
  server.on('connect', (_request, socket) => {
    // Node detaches the connection where there is a listener.
    socket.on('error', () => socket.destroy()).resume();
    const explanation = 'CONNECT is not for this server';
    answerOrClose(socket, { status: httpErrors.methodNotAllowed, explanation, rawPacket: '' });
  });
  server.on('clientError', (error, socket) => {
    if (codeOf(error)?.startsWith('E') && codeOf(error) !== TIMEOUT) return void socket.destroy();
    answerOrClose(socket, toClientError(error));
  });
}

/** Whether the bytes that began last are those of a request that has been parsed. */
const isParsed = ({ connection, before }: Reception) => connection.latest !== before;

/** The exchange whose request has not arrived as a whole. */
const incompleteIn = ({ latest }: Connection) => (latest?.request.complete === false ? latest : undefined);

interface ClientError {
  readonly status: number;
  readonly explanation: string;
  /** The bytes in which the error was found; empty where they are unknown. */
  readonly rawPacket: string;
  /** What Node's parser says of them. */
  readonly cause?: string | undefined;
}

const badRequest = (explanation: string, rawPacket = ''): ClientError => ({
  status: httpErrors.badRequest,
  explanation,
  rawPacket,
});

const TIMEOUT = 'ERR_HTTP_REQUEST_TIMEOUT';

function toClientError(error: Error): ClientError {
  const rawPacket = 'rawPacket' in error && Buffer.isBuffer(error.rawPacket) ? error.rawPacket.toString('latin1') : '';
  switch (codeOf(error)) {
    case 'HPE_HEADER_OVERFLOW':
      return { status: httpErrors.headersTooLarge, explanation: 'the headers are too large', rawPacket };
    case TIMEOUT:
      return { status: httpErrors.requestTimeout, explanation: 'the request took too long to arrive', rawPacket };
    default:
      return {
        ...badRequest('not a request of HTTP', rawPacket),
        cause: 'reason' in error ? `${error.reason}` : undefined,
      };
  }
}

/** The last line that looks like the request line of a legacy call, where several requests came in one packet. */
function lastRequestLine(text: string): string {
  return text.match(/^[a-z]+[ \t]+(?:https?:\/\/[^\s/]{0,100})?\/api\/[^\r\n]{0,100}/gim)?.at(-1) ?? '';
}

function contentTypeIn(head: string): string {
  return /^content-type:[ \t]*([^\r\n]*)/im.exec(head)?.[1] ?? '';
}

function headOf(status: number, headers: Readonly<Record<string, string>>): Buffer {
  const lines = Object.entries({ ...headers, Connection: 'close' }).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(`${[`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines].join('\r\n')}\r\n\r\n`, 'latin1');
}
