import { createSession, type Session } from 'better-sse';
import type { RequestHandler } from 'express';
import { httpErrors } from '../core/error-mapping.js';
import { filterIn, matches, queryIn, rowOf } from './call-list.js';
import type { Calls, NumberedCall } from './calls.js';
import { renderPart } from './pages.js';

/** How many streams are open at once. */
const MAX_STREAMS = 32;
/** How much may wait for a reader, in bytes; a stream whose reader takes less is closed, and may be opened again. */
const MAX_WAITING = 2 ** 20;

export interface EventStreams {
  /** Sends the rows of the calls that match a filter, from the call after the one that the reader knows. */
  readonly handler: RequestHandler;
  /** Ends all streams. */
  readonly close: () => void;
}

/** The live list of calls, as server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export function createEventStreams(calls: Calls): EventStreams {
  const ends = new Set<() => void>();

  const handler: RequestHandler = async (request, response) => {
    if (ends.size >= MAX_STREAMS) return void response.status(httpErrors.tooManyRequests).end();
    const end = () => void response.destroy();
    const query = queryIn(request);
    const filter = filterIn(query);
    const send = (session: Session, call: NumberedCall) => {
      if (!matches(filter, call)) return;
      if (response.writableLength > MAX_WAITING) return end();
      session.push(renderPart('call-row', { row: rowOf(call) }), 'call', `${call.number}`);
    };
    const session = await createSession(request, response, { keepAlive: 15_000, retry: 1000 });
    ends.add(end);
    const known = Number(session.lastId || query.get('after'));
    const missed = calls.latest().filter(({ number }) => number > known);
    for (const call of missed.reverse()) send(session, call);
    const stop = calls.listen((call) => send(session, call));
    const over = () => {
      stop();
      ends.delete(end);
    };
    // A reader that closes its half of the connection reads no more.
    request.socket.once('end', end);
    if (session.isConnected) session.once('disconnected', over);
    else over();
  };

  return {
    handler,
    close: () => {
      for (const end of ends) end();
    },
  };
}
