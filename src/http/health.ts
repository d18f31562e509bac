import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Response, Router } from 'express';
import { httpErrors, httpStatusOf } from '../core/error-mapping.js';
import type { Exposition } from '../observability/metrics.js';
import { isFromThisMachine } from './cross-site.js';
import { identify } from './request.js';

export interface HealthParts {
  /** Whether calls can be performed. */
  readonly isReady: () => Promise<boolean>;
  readonly metrics: () => Promise<Exposition>;
}

export interface AdminParts extends HealthParts {
  /** Reads the configuration again; gives why it is refused, nothing where it is in use. Absent: there is none. */
  readonly reload?: (() => Promise<{ readonly problems: readonly string[] }>) | undefined;
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

/**
 * `POST /-/reload`: reads the configuration again. Only for this machine, whose operators may as well send the signal: the
 * listener may be open to a network for its metrics.
 */
function reloadRouter(reload: NonNullable<AdminParts['reload']>): Router {
  const router = Router();
  router.post('/-/reload', async (request, response) => {
    if (!isFromThisMachine(request))
      return plain(response, httpErrors.forbidden, 'only from the machine of the bridge');
    const { problems } = await reload();
    response.status(problems.length === 0 ? 200 : httpStatusOf({ reason: 'internal' })).json({ problems });
  });
  return router;
}

function plain(response: Response, status: number, text: string): void {
  response.status(status).type('text/plain').send(`${text}\n`);
}

/** The same routes as an Express application of its own, for the admin listener, with those of the console behind them. */
export function adminApp({ reload, ...parts }: AdminParts, ...consoleRoutes: readonly RequestHandler[]): Express {
  const app = express();
  app.disable('x-powered-by');
  const notFound: RequestHandler = (_request, response) => plain(response, httpErrors.notFound, 'not here');
  const failed: ErrorRequestHandler = (_error, _request, response, _next) =>
    plain(response, httpStatusOf({ reason: 'internal' }), 'this did not work');
  const routes = [adminRouter(parts), ...(reload ? [reloadRouter(reload)] : []), ...consoleRoutes];
  return app.use(identify, ...routes, notFound, failed);
}
