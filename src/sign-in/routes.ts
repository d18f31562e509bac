import { type ErrorRequestHandler, type Request, type Response, Router } from 'express';
import type { Application } from '../applications/application.js';
import type { Gate } from '../bridge/admission.js';
import { toFault } from '../core/fault.js';
import { readBody } from '../http/body.js';
import { unreadable } from '../http/request-errors.js';
import type { Observer } from '../observability/observer.js';
import type { Store } from '../store/store.js';
import type { Tickets } from '../vault/tickets.js';
import { createTryLimits } from './attempt-limits.js';
import { type Page, pageHeaders, renderPage } from './page.js';

export interface SignInParts {
  readonly tickets: Tickets;
  readonly store: Store;
  /** Lets in what the bridge can do at a moment; pages count as calls. */
  readonly gate: Gate;
  readonly observer: Observer;
}

/** What becomes of a secret that somebody entered. */
type Outcome =
  | { readonly authToken: string | undefined }
  /** An outage, over in so many seconds. */
  | { readonly retryAfter: number | undefined }
  | 'refused'
  | 'too many';

type Handler = (request: Request<{ ticket: string }>, response: Response) => Promise<void>;

const FORM_BYTES = 16_384;
const RETRY_AFTER_SECONDS = 10;
const TOO_MANY_SECONDS = 900;

const done: Page = {
  title: 'You are signed in',
  text: 'You can close this window and go back to your program.',
};
const gone: Page = {
  title: 'This sign-in is over',
  text: 'Its address is not valid, or no longer. Go back to your program and sign in from there again.',
};
const failed: Page = {
  title: 'This did not work',
  text: 'Nothing is lost. Go back and try once more in a moment.',
};

/** The page at `/api/1.0/auth/:ticket`, where users give the bridge their credential of the modern API. */
export function signInRouter({ tickets, store, gate, observer }: SignInParts): Router {
  const limits = createTryLimits(store);

  /** The modern API decides on the secret; only what it has accepted is put behind the ticket. */
  const signIn = async (
    ticket: string,
    application: Application,
    secret: string,
    address: string,
  ): Promise<Outcome> => {
    if (!(await limits.take(ticket, address))) {
      observer.signIn(application, 'too many');
      return 'too many';
    }
    const { api, provider, baseUrl } = application;
    const account = await api.readAccount(secret).catch((error: unknown) => toFault(error));
    if (!('reason' in account)) {
      await limits.giveBack(ticket, address);
      const userId = await store.userId({ provider, baseUrl, nativeId: account.nativeId });
      const authToken = await tickets.signIn(ticket, secret, userId);
      // Not worth an outage: it ends by itself in a while.
      await limits.forget(ticket).catch(() => {});
      observer.signIn(application, 'signed in');
      return { authToken };
    }
    if (account.reason === 'internal') throw account;
    const isOutage = account.reason === 'unavailable';
    observer.signIn(application, isOutage ? 'outage' : 'refused', account.cause);
    if (!isOutage) return 'refused';
    await limits.giveBack(ticket, address);
    return { retryAfter: account.retryAfter };
  };

  const router = Router();

  /** A page counts as a call. */
  const asCall =
    (work: Handler): Handler =>
    async (request, response) => {
      await gate.count(request.ip ?? '');
      request.body = await readBody(request, FORM_BYTES);
      await gate.pass(undefined, () => work(request, response));
    };

  const open: Handler = async ({ params: { ticket } }, response) => {
    const { application, signedIn } = await tickets.find(ticket);
    show(response, 200, signedIn ? done : asking(application), application.redirectUrl);
  };

  const enter: Handler = async (request, response) => {
    const { ticket } = request.params;
    const { application, signedIn } = await tickets.find(ticket);
    const again = (status: number, problem: string) =>
      show(response, status, { ...asking(application), problem }, application.redirectUrl);
    if (signedIn) return show(response, 200, done);
    const secret = secretIn(request.body);
    const { title, credential } = application.kind;
    if (secret === '') return again(200, `Enter your ${title} ${credential.name}.`);
    const outcome = await signIn(ticket, application, secret, request.ip ?? '');
    if (outcome === 'refused') {
      return again(200, `${title} did not accept this ${credential.name}. Check it and try again.`);
    }
    if (outcome === 'too many') {
      response.set('Retry-After', `${TOO_MANY_SECONDS}`);
      return again(429, 'Too many wrong tries. Wait 15 minutes, then sign in from your program again.');
    }
    if ('retryAfter' in outcome) {
      response.set('Retry-After', `${outcome.retryAfter ?? RETRY_AFTER_SECONDS}`);
      return again(503, `${title} does not answer right now. Nothing is lost: try again in a moment.`);
    }
    const { redirectUrl } = application;
    if (redirectUrl === undefined || outcome.authToken === undefined) return show(response, 200, done);
    response
      .status(303)
      .set({ ...pageHeaders(redirectUrl), Location: backTo(redirectUrl, ticket, outcome.authToken) })
      .end();
  };

  router.get('/:ticket', asCall(open));
  router.post('/:ticket', asCall(enter));
  router.all('/:ticket', (request, response) => {
    response.set('Allow', 'GET, POST, HEAD, OPTIONS');
    if (request.method === 'OPTIONS') response.set('Content-Length', '0').end();
    else show(response, 405, failed);
  });

  router.use((_request, response) => show(response, 404, gone));

  const onError: ErrorRequestHandler = (error, _request, response, _next) => {
    const { reason, http, cause, retryAfter } = unreadable(error);
    if (reason === 'conflict') return show(response, 200, done);
    if (reason === 'missing' || cause instanceof URIError) return show(response, 404, gone);
    if (reason === 'malformed') return show(response, http ?? 400, failed);
    // Where the gate is shut there is no cause, and no defect.
    if (cause !== undefined) observer.defect('a sign-in failed', cause);
    if (reason === 'unavailable') response.set('Retry-After', `${retryAfter ?? RETRY_AFTER_SECONDS}`);
    show(response, http ?? (reason === 'unavailable' ? 503 : 500), failed);
  };
  router.use(onError);
  return router;
}

/** Where a web application waits for its user, who comes with the ticket and the auth_token. */
function backTo(redirectUrl: string, ticket: string, authToken: string): string {
  const target = new URL(redirectUrl);
  // What stands there already stays to the letter, which `searchParams` would write anew.
  target.search += `${target.search && '&'}${new URLSearchParams({ ticket, auth_token: authToken })}`;
  return target.href;
}

function asking({ name, kind: { title, credential } }: Application): Page {
  return {
    title: `Sign in to ${title}`,
    text: `${name} asks for access to your ${title} account.`,
    form: { secret: `${title} ${credential.name}`, hint: credential.hint },
  };
}

function show(response: Response, status: number, page: Page, redirectUrl?: string): void {
  response.status(status).set(pageHeaders(redirectUrl)).type('html').send(renderPage(page));
}

/** The field `password`, unless there are several; blanks around a pasted secret are nobody's. */
function secretIn(form: Buffer): string {
  const fields = new URLSearchParams(form.toString());
  const [secret = '', ...others] = new Set(fields.getAll('password'));
  return others.length === 0 ? secret.trim() : '';
}
