import { type RequestHandler, Router } from 'express';
import { type AccessOptions, guard } from './access.js';
import { assetsRouter } from './assets.js';
import type { Calls } from './calls.js';
import { callsRouter } from './calls-pages.js';
import { createEventStreams } from './event-stream.js';
import { CONSOLE_PATH, pageHeaders, sendNotFound } from './pages.js';

export interface ConsoleParts extends AccessOptions {
  readonly calls: Calls;
}

export interface Console {
  readonly routes: RequestHandler;
  /** Ends what has no end of its own. */
  readonly close: () => void;
}

/** The operators' pages, below `/console`. */
export function createConsole({ calls, ...access }: ConsoleParts): Console {
  const streams = createEventStreams(calls);
  const pages = Router();
  pages.get('/', toCalls);
  pages.use('/assets', assetsRouter());
  pages.use('/calls', callsRouter(calls, streams));
  pages.use((_request, response) => sendNotFound(response));
  const admit = [setHeaders, guard(access)];
  const routes = Router().use(CONSOLE_PATH, admit, pages);
  routes.get('/', admit, toCalls);
  return { routes, close: streams.close };
}

const setHeaders: RequestHandler = (_request, response, next) => {
  response.set(pageHeaders);
  next();
};

const toCalls: RequestHandler = (_request, response) => response.redirect(`${CONSOLE_PATH}/calls`);
