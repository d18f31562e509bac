import { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express';
import type { Application } from '../applications/application.js';
import type { Admission } from '../bridge/admission.js';
import { httpErrors, pageStatusOf, retryAfterOf } from '../core/error-mapping.js';
import type { Reason } from '../core/fault.js';
import { readBody } from '../http/body.js';
import { toRequestFault } from '../http/request-errors.js';
import type { Observer } from '../observability/observer.js';
import { formFields } from '../protocols/form.js';
import { createScope, type Scope } from '../shared/scope.js';
import type { Store } from '../store/store.js';
import type { Tickets } from '../vault/tickets.js';
import type { Trials } from '../vault/trials.js';
import { type Page, pageHeaders, renderPage } from './page.js';

export interface SignInParts {
  readonly tickets: Tickets;
  readonly store: Store;
  readonly trials: Trials;
  /** Admits the requests of pages as it does calls. */
  readonly admission: Admission;
  readonly observer: Observer;
}

type PageHandler = (
  request: Request<{ ticket: string }>,
  response: Response,
  entered: { readonly form: Buffer; readonly scope: Scope },
) => Promise<void>;

const FORM_BYTES = 16_384;

const signedInPage: Page = {
  title: 'You are signed in',
  text: 'You can close this window and go back to your program.',
  isSignedIn: true,
};
const expiredPage: Page = {
  title: 'This sign-in is over',
  text: 'Its address is not valid, or no longer. Go back to your program and sign in from there again.',
};
const failurePage: Page = {
  title: 'This did not work',
  text: 'Nothing is lost. Go back and try once more in a moment.',
};

/** The pages of reasons; `failurePage` for any other. */
const pages: Partial<Record<Reason, Page>> = { conflict: signedInPage, missing: expiredPage };

/** The page at `/api/1.0/auth/:ticket`, where users enter their credential of the modern API. */
export function signInRouter({ tickets, store, trials, admission, observer }: SignInParts): Router {
  /** Only a secret that the modern API accepts is sealed under the ticket. Gives the auth_token of a redirect. */
  const signIn = (
    ticket: string,
    application: Application,
    secret: string,
    { address, scope }: { readonly address: string; readonly scope: Scope },
  ) =>
    trials.attempt(
      { application, subject: ticket, address },
      () => application.connect(scope).readAccount(secret),
      async ({ nativeId }) => {
        const { provider, baseUrl } = application;
        const authToken = await tickets.signIn(ticket, secret, await store.userId({ provider, baseUrl, nativeId }));
        // Fails open: the count expires by itself.
        await trials.forget(ticket).catch(() => {});
        return authToken;
      },
    );

  const router = Router();

  /** Admits a page's request as a call: rate limit, concurrency, drain and deadline. */
  const admitted =
    (work: PageHandler): RequestHandler<{ ticket: string }> =>
    async (request, response) => {
      await admission.rateLimit(request.ip ?? '');
      const form = await readBody(request, FORM_BYTES);
      const scope = createScope();
      await admission.run(scope, undefined, () => work(request, response, { form, scope }));
    };

  const showPage: PageHandler = async ({ params: { ticket } }, response) => {
    const { application, signedIn } = await tickets.find(ticket);
    sendPage(response, 200, signedIn ? signedInPage : formPage(application), application.redirectUrl);
  };

  const submitForm: PageHandler = async (request, response, { form, scope }) => {
    const { ticket } = request.params;
    const { application, signedIn } = await tickets.find(ticket);
    const showProblem = (status: number, problem: string) =>
      sendPage(response, status, { ...formPage(application), problem }, application.redirectUrl);
    if (signedIn) return sendPage(response, 200, signedInPage);
    const secret = credentialIn(form, request.get('Content-Type') ?? '');
    const { title, credential } = application.kind;
    if (secret === '') return showProblem(200, `Enter your ${title} ${credential.name}.`);
    const trial = await signIn(ticket, application, secret, { address: request.ip ?? '', scope });
    if ('fault' in trial) {
      const retryAfter = retryAfterOf(trial.fault);
      if (retryAfter !== undefined) response.set('Retry-After', `${retryAfter}`);
      const status = trial.outcome === 'refused' ? 200 : pageStatusOf(trial.fault);
      return showProblem(status, problemOf(trial.outcome, application));
    }
    const { redirectUrl } = application;
    if (redirectUrl === undefined || trial.kept === undefined) return sendPage(response, 200, signedInPage);
    response
      .status(303)
      // In lower case, as old programs look for it; they take what follows `auth_token=` for the token.
      .set({ ...pageHeaders(redirectUrl), location: redirectTarget(redirectUrl, ticket, trial.kept) })
      .end();
  };

  router.get('/:ticket', admitted(showPage));
  router.post('/:ticket', admitted(submitForm));
  router.all('/:ticket', (request, response) => {
    response.set('Allow', 'GET, POST, HEAD, OPTIONS');
    if (request.method === 'OPTIONS') response.set('Content-Length', '0').end();
    else sendPage(response, httpErrors.methodNotAllowed, failurePage);
  });

  router.use((_request, response) => sendPage(response, httpErrors.notFound, expiredPage));

  const onError: ErrorRequestHandler = (error, _request, response, _next) => {
    const fault = toRequestFault(error);
    const { reason, cause } = fault;
    // A path that cannot be decoded is no ticket's.
    if (cause instanceof URIError) return sendPage(response, httpErrors.notFound, expiredPage);
    // A fault without a cause is a rejection by admission, which is no defect.
    if (cause !== undefined && reason !== 'malformed') observer.defect('a sign-in failed', cause);
    const retryAfter = retryAfterOf(fault);
    if (retryAfter !== undefined) response.set('Retry-After', `${retryAfter}`);
    sendPage(response, pageStatusOf(fault), pages[reason] ?? failurePage);
  };
  router.use(onError);
  return router;
}

/** What the page says of a secret that was not accepted. */
function problemOf(outcome: 'refused' | 'outage' | 'too many', { kind: { title, credential } }: Application): string {
  if (outcome === 'refused') return `${title} did not accept this ${credential.name}. Check it and try again.`;
  return outcome === 'outage'
    ? `${title} does not answer right now. Nothing is lost: try again in a moment.`
    : 'Too many wrong tries. Wait 15 minutes, then sign in from your program again.';
}

/** The URL of the web application, with the ticket and the auth_token. */
function redirectTarget(redirectUrl: string, ticket: string, authToken: string): string {
  const target = new URL(redirectUrl);
  // Appended as text: `searchParams` would re-encode the query that the operator configured.
  target.search += `${target.search && '&'}${new URLSearchParams({ ticket, auth_token: authToken })}`;
  return target.href;
}

function formPage({ name, kind: { title, credential } }: Application): Page {
  return {
    title: `Sign in to ${title}`,
    text: `${name} asks for access to your ${title} account.`,
    form: { secret: `${title} ${credential.name}`, hint: credential.hint },
  };
}

function sendPage(response: Response, status: number, page: Page, redirectUrl?: string): void {
  response.status(status).set(pageHeaders(redirectUrl)).type('html').send(renderPage(page));
}

/** The field `password`, without the blanks around a pasted secret; empty where there are several values. */
function credentialIn(form: Buffer, contentType: string): string {
  const isPassword = (name: string) => name === 'password';
  const fields = [...formFields(form, contentType, isPassword)].filter(([name]) => isPassword(name));
  const [secret = '', ...others] = new Set(fields.map(([, value]) => value));
  return others.length === 0 ? secret.trim() : '';
}
