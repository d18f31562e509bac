import { Router } from 'express';
import { filterIn, queryIn, queryOf, rowOf, rowsOf } from './call-list.js';
import { type Calls, MAX_CALLS } from './calls.js';
import type { EventStreams } from './event-stream.js';
import { detailOf } from './kept-call.js';
import { sendNotFound, sendPage } from './pages.js';
import { INTERVAL_MS } from './tallies.js';

/** The pages with the latest calls, and with one of them. */
export function callsRouter(calls: Calls, { handler }: EventStreams): Router {
  const router = Router();

  router.get('/', (request, response) => {
    const filter = filterIn(queryIn(request));
    const rows = rowsOf(calls, filter);
    const stream = queryOf(filter);
    stream.set('after', `${calls.latest()[0]?.number ?? 0}`);
    sendPage(response, 'calls', { title: 'Calls', rows, filter, stream: `${stream}`, maxCalls: MAX_CALLS });
  });

  router.get('/events', handler);

  router.get('/recent', (_request, response) =>
    response.json({ seconds: INTERVAL_MS / 1000, intervals: calls.recent() }),
  );

  router.get('/:number', (request, response) => {
    const call = calls.find(Number(request.params.number));
    if (!call) return sendNotFound(response);
    const row = rowOf(call);
    sendPage(response, 'call', { title: 'A call', row, call: detailOf(call) });
  });

  return router;
}
