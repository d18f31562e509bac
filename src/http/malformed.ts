import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { HttpReply } from '../bridge/pipeline.js';
import { httpErrors } from '../core/error-mapping.js';
import { Fault } from '../core/fault.js';
import { codeOf } from '../shared/errors.js';

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

interface PendingRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

interface ConnectionState {
  readonly address: string;
  /** The beginning of the bytes that began the latest request. */
  start: string;
  /** Whether a request has been parsed from them, so that the next bytes begin another. */
  isParsed: boolean;
  /** The requests that are incomplete or whose replies are not finished. */
  readonly pending: Set<PendingRequest>;
  /** Whether a malformed request is being answered; nothing after it is. */
  isFailed: boolean;
}

/**
 * Answers what Node would answer on its own or drop: a malformed head, one that is too large or too slow, a malformed
 * or incomplete body, CONNECT. Earlier requests on the same connection are answered first.
 */
export function handleMalformedRequests(server: Server, answerMalformed: AnswerMalformed): void {
  const connections = new WeakMap<Duplex, ConnectionState>();
  const connectionOf = (socket: Duplex, address = ''): ConnectionState => {
    const connection = connections.get(socket) ?? {
      address,
      start: '',
      isParsed: true,
      pending: new Set(),
      isFailed: false,
    };
    connections.set(socket, connection);
    return connection;
  };

  const answer = async (socket: Duplex, { status, explanation, rawPacket }: ClientError) => {
    const connection = connectionOf(socket);
    // Node emits the error again for every further packet.
    if (connection.isFailed) return;
    connection.isFailed = true;
    const pending = [...connection.pending];
    const incomplete = pending.find(({ request }) => !request.complete);
    const [requestLine = ''] = connection.isParsed
      ? [lastRequestLine(rawPacket || connection.start)]
      : connection.start.split(/[\r\n]/, 1);
    const start = incomplete?.request.url ?? requestLine;
    const isHead = incomplete ? incomplete.request.method === 'HEAD' : /^HEAD .* HTTP\/\d\.\d$/.test(requestLine);
    const contentType = incomplete
      ? (incomplete.request.headers['content-type'] ?? '')
      : contentTypeIn(rawPacket || connection.start);
    const unfinished = pending.filter((each) => each !== incomplete && !each.response.writableFinished);
    await Promise.all(unfinished.map(({ response }) => new Promise((resolve) => response.once('close', resolve))));
    if (!socket.writable) return void socket.destroy();
    if (incomplete?.response.headersSent) socket.end();
    else {
      const failure = new Fault('malformed', { http: status, explanation });
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
    const connection = connectionOf(socket, socket.remoteAddress);
    socket.prependListener('data', (bytes: Buffer) => {
      const start = connection.isParsed ? '' : connection.start;
      connection.isParsed = false;
      connection.start = (start + bytes.toString('latin1', 0, START_BYTES)).trimStart().slice(0, START_BYTES);
    });
    // Node does not emit clientError in every case of this.
    socket.once('end', () => {
      const isIncomplete = [...connection.pending].some(({ request }) => !request.complete);
      if (isIncomplete) answerOrClose(socket, badRequest('the request broke off'));
    });
  });
  const addPending = (request: IncomingMessage, response: ServerResponse) => {
    const connection = connectionOf(request.socket);
    const entry = { request, response };
    const removeFinished = () => {
      if (request.complete && response.writableFinished) connection.pending.delete(entry);
    };
    connection.isParsed = true;
    connection.pending.add(entry);
    request.once('close', removeFinished);
    response.once('close', removeFinished);
  };
  // Node emits checkExpectation instead of request for an unknown Expect header.
  server.on('request', addPending).on('checkExpectation', addPending);
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

interface ClientError {
  readonly status: number;
  readonly explanation: string;
  /** The bytes in which the error was found; empty where they are unknown. */
  readonly rawPacket: string;
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
      return badRequest('not a request of HTTP', rawPacket);
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
