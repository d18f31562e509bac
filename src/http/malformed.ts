import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { PipelineReply } from '../bridge/pipeline.js';
import { Fault } from '../core/fault.js';
import { codeOf } from '../shared/errors.js';

/** What is known of something that is no HTTP request. */
export interface Fragment {
  /** How it begins, as far as it has come. */
  readonly start: string;
  /** Empty if it has none, or none that could be read. */
  readonly contentType: string;
  readonly address: string;
}

/** The reply to it. */
export type Refuse = (fragment: Fragment, failure: Fault) => Promise<PipelineReply>;

const START_BYTES = 400;
/** How long a caller that still sends may take to read why it is cut off. */
const LINGER_MS = 1000;

/** What is going on on a connection. */
interface Talk {
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
export function answerBroken(server: Server, refuse: Refuse): void {
  const talks = new WeakMap<Duplex, Talk>();
  const talkOn = (socket: Duplex, address = ''): Talk => {
    const talk = talks.get(socket) ?? { address, start: '', isFresh: true, open: new Set(), isRefused: false };
    talks.set(socket, talk);
    return talk;
  };

  const answer = async (socket: Duplex, { status, explanation, packet }: Meaning) => {
    const talk = talkOn(socket);
    // Node tells again and again, as long as bytes come.
    if (talk.isRefused) return;
    talk.isRefused = true;
    const earlier = [...talk.open];
    const broken = earlier.find(({ request }) => !request.complete);
    const [begun = ''] = talk.isFresh ? [lastStart(packet || talk.start)] : talk.start.split(/[\r\n]/, 1);
    const start = broken?.request.url ?? begun;
    const isHead = broken ? broken.request.method === 'HEAD' : /^HEAD .* HTTP\/\d\.\d$/.test(begun);
    const contentType = broken ? (broken.request.headers['content-type'] ?? '') : contentTypeIn(packet || talk.start);
    const whole = earlier.filter((each) => each !== broken && !each.response.writableFinished);
    await Promise.all(whole.map(({ response }) => new Promise((resolve) => response.once('close', resolve))));
    if (!socket.writable) return void socket.destroy();
    if (broken?.response.headersSent) socket.end();
    else {
      const failure = new Fault('malformed', { http: status, explanation });
      const reply = await refuse({ start, contentType, address: talk.address }, failure);
      const { body } = reply;
      const head = headOf(reply.status, { ...reply.headers, 'Content-Length': `${body.length}` });
      socket.end(isHead ? head : Buffer.concat([head, body]));
    }
    const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
    socket.once('close', () => clearTimeout(timer));
  };

  server.on('connection', (socket) => {
    const talk = talkOn(socket, socket.remoteAddress);
    socket.prependListener('data', (bytes: Buffer) => {
      const earlier = talk.isFresh ? '' : talk.start;
      talk.isFresh = false;
      talk.start = (earlier + bytes.toString('latin1', 0, START_BYTES)).trimStart().slice(0, START_BYTES);
    });
    // Node does not notice it in every case.
    socket.once('end', () => {
      const isBroken = [...talk.open].some(({ request }) => !request.complete);
      if (isBroken) return answer(socket, { status: 400, explanation: 'the request broke off', packet: '' });
    });
  });
  const opened = (request: IncomingMessage, response: ServerResponse) => {
    const talk = talkOn(request.socket);
    const entry = { request, response };
    const forget = () => {
      if (request.complete && response.writableFinished) talk.open.delete(entry);
    };
    talk.isFresh = true;
    talk.open.add(entry);
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
    return answer(socket, meaningOf(error));
  });
}

interface Meaning {
  readonly status: number;
  readonly explanation: string;
  /** The bytes that brought it to light. */
  readonly packet: string;
}

const TIMEOUT = 'ERR_HTTP_REQUEST_TIMEOUT';

function meaningOf(error: Error): Meaning {
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
