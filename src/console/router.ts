import { type ErrorRequestHandler, type RequestHandler, Router } from 'express';
import { pageStatusOf } from '../core/error-mapping.js';
import { toRequestFault } from '../http/request-errors.js';
import type { Log } from '../observability/log.js';
import { messageOf, stackOf } from '../shared/errors.js';
import { type AccessOptions, createTries, guard } from './access.js';
import { addressesAt, adviceFor } from './addresses.js';
import { type ApplicationsParts, applicationsRouter } from './applications-pages.js';
import { assetsRouter } from './assets.js';
import type { Calls } from './calls.js';
import { callsRouter } from './calls-pages.js';
import { createEventStreams } from './event-stream.js';
import { CONSOLE_PATH, pageHeaders, sendNotFound, sendPage } from './pages.js';
import { type TryParts, tryRouter } from './try-pages.js';

export interface ConsoleParts extends AccessOptions, ApplicationsParts, TryParts {
  readonly calls: Calls;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
}

export { createTries } from './access.js';

export interface Console {
  readonly routes: RequestHandler;
  /** Ends what has no end of its own. */
  readonly close: () => void;
}

/** The operators' pages, below `/console`. */
export function createConsole(parts: ConsoleParts, tries = createTries()): Console {
  const { calls, publicUrl } = parts;
  const streams = createEventStreams(calls);
  const pages = Router();
  pages.get('/', toCalls);
  pages.use('/assets', assetsRouter());
  pages.use('/calls', callsRouter(calls, streams));
  pages.use('/applications', applicationsRouter(parts));
  pages.use('/try', tryRouter(parts));
  pages.get('/addresses', (_request, response) =>
    sendPage(response, 'addresses', {
      title: 'Addresses',
      bridge: publicUrl,
      addresses: addressesAt(publicUrl),
      advice: adviceFor(publicUrl),
    }),
  );
  pages.use((_request, response) => sendNotFound(response));
  pages.use(sendProblem(parts.log));
  const admit = [setHeaders, guard(parts, tries)];
  const routes = Router().use(CONSOLE_PATH, admit, pages);
  routes.get('/', admit, toCalls);
  return { routes, close: streams.close };
}

const setHeaders: RequestHandler = (_request, response, next) => {
  response.set(pageHeaders);
  next();
};

/** Says what went wrong where the request or the store did; a defect is for the log alone. */
function sendProblem(log: Pick<Log, 'error'>): ErrorRequestHandler {
  return (error, _request, response, next) => {
    if (response.headersSent) return next(error);
    const fault = toRequestFault(error);
    if (fault.reason === 'internal')
      log.error({ cause: messageOf(error), stack: stackOf(error) }, 'a defect of the console');
    response.status(pageStatusOf(fault));
    const text = fault.reason === 'unavailable' ? 'The store does not answer.' : (fault.explanation ?? '');
    sendPage(response, 'message', { title: 'This did not work', text });
  };
}

const toCalls: RequestHandler = (_request, response) => response.redirect(`${CONSOLE_PATH}/calls`);
