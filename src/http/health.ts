import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Response, Router } from 'express';
import { httpErrors, httpStatusOf } from '../core/error-mapping.js';
import type { Exposition } from '../observability/metrics.js';
import { identify } from './request.js';

export interface HealthParts {
  /** Whether calls can be performed. */
  readonly isReady: () => Promise<boolean>;
  readonly metrics: () => Promise<Exposition>;
}

/** `/healthz`: 200 as soon as calls are answered. */
export function healthRouter(): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => {
    plain(response, 200, 'ok');
  });
  return router;
}

/** The probes and metrics of operators: `/healthz`, `/readyz` and `/metrics`. */
export function adminRouter({ isReady, metrics }: HealthParts): Router {
  const router = healthRouter();
  router.get('/readyz', async (_request, response) => {
    const ready = await isReady();
    if (ready) plain(response, 200, 'ok');
    else plain(response, httpStatusOf({ reason: 'unavailable' }), 'not ready');
  });
  router.get('/metrics', async (_request, response) => {
    const { contentType, text } = await metrics();
    response.set('Content-Type', contentType).send(text);
  });
  return router;
}

function plain(response: Response, status: number, text: string): void {
  response.status(status).type('text/plain').send(`${text}\n`);
}

/** The same routes as an Express application of its own, for the admin listener, with those of the console behind them. */
export function adminApp(parts: HealthParts, ...consoleRoutes: readonly RequestHandler[]): Express {
  const app = express();
  app.disable('x-powered-by');
  const notFound: RequestHandler = (_request, response) => plain(response, httpErrors.notFound, 'not here');
  const failed: ErrorRequestHandler = (_error, _request, response, _next) =>
    plain(response, httpStatusOf({ reason: 'internal' }), 'this did not work');
  return app.use(identify, adminRouter(parts), ...consoleRoutes, notFound, failed);
}
