import { type RequestHandler, Router } from 'express';
import { assetsRouter } from './assets.js';
import type { Calls } from './calls.js';
import { callsRouter } from './calls-pages.js';
import { createEventStreams } from './event-stream.js';
import { CONSOLE_PATH, pageHeaders, sendNotFound } from './pages.js';

export interface ConsoleParts {
  readonly calls: Calls;
}

export interface Console {
  readonly routes: RequestHandler;
  /** Ends what has no end of its own. */
  readonly close: () => void;
}

/** The operators' pages, below `/console`. */
export function createConsole({ calls }: ConsoleParts): Console {
  const streams = createEventStreams(calls);
  const pages = Router();
  pages.use((_request, response, next) => {
    response.set(pageHeaders);
    next();
  });
  pages.get('/', (_request, response) => response.redirect(`${CONSOLE_PATH}/calls`));
  pages.use('/assets', assetsRouter());
  pages.use('/calls', callsRouter(calls, streams));
  pages.use((_request, response) => sendNotFound(response));
  return { routes: Router().use(CONSOLE_PATH, pages), close: streams.close };
}
