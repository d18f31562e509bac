import type { IncomingMessage } from 'node:http';
import { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express';
import type { Application } from '../applications/application.js';
import type { Admission } from '../bridge/admission.js';
import { httpErrors, isServerFault, pageStatusOf, retryAfterOf } from '../core/error-mapping.js';
import { Fault } from '../core/fault.js';
import { readBody } from '../http/body.js';
import { isFromAnotherSite } from '../http/cross-site.js';
import { toRequestFault } from '../http/request-errors.js';
import type { Observer } from '../observability/observer.js';
import { formFields } from '../protocols/form.js';
import { createScope, type Scope } from '../shared/scope.js';
import type { Store } from '../store/store.js';
import type { Tickets } from '../vault/tickets.js';
import type { Trials } from '../vault/trials.js';
import { type Page, pageHeaders, renderPage } from './page.js';
import {
  expiredPage,
  FROM_ANOTHER_SITE,
  failurePage,
  formPage,
  pages,
  problemOf,
  signedInPage,
  UNCONFIRMED,
} from './texts.js';

export interface SignInParts {
  readonly tickets: Tickets;
  readonly store: Store;
  readonly trials: Trials;
  /** Admits the requests of pages as it does calls. */
  readonly admission: Admission;
  readonly observer: Observer;
  /** The URL of the bridge as the operator has it; undefined where that is not configured. */
  readonly publicUrl: string | undefined;
  /** The URL of the bridge as a trusted proxy forwarded it; undefined where none did. */
  readonly forwardedUrl: (request: IncomingMessage) => string | undefined;
}

type PageHandler = (
  request: Request<{ ticket: string }>,
  response: Response,
  entered: { readonly form: Buffer; readonly scope: Scope },
) => Promise<void>;

const FORM_BYTES = 16_384;
/** How much of a ticket `confirm_sign_in` asks for. */
const CONFIRMATION_LENGTH = 4;

/** The page at `/api/1.0/auth/:ticket`, where users enter their credential of the modern API. */
export function signInRouter(parts: SignInParts): Router {
  const { tickets, store, trials, admission, observer, publicUrl, forwardedUrl } = parts;
  const overTls = publicUrl?.startsWith('https:') ?? false;

  const sendPage = (response: Response, status: number, page: Page, redirectUrl?: string): void => {
    response.status(status).set(pageHeaders(redirectUrl, overTls)).type('html').send(renderPage(page));
  };

  /**
   * Only a secret that the modern API accepts is sealed under the ticket. Gives the auth_token of a redirect. What is not
   * confirmed counts as a wrong secret, and is not tried.
   */
  const signIn = (
    ticket: string,
    application: Application,
    { secret, isConfirmed }: { readonly secret: string; readonly isConfirmed: boolean },
    { address, scope }: { readonly address: string; readonly scope: Scope },
  ) =>
    trials.attempt(
      { application, subject: ticket, address },
      () =>
        isConfirmed
          ? application.connect(scope).readAccount(secret)
          : Promise.reject(new Fault('unauthenticated', { cause: new Error('a wrong confirmation of the ticket') })),
      async ({ nativeId, proposedUserId }) => {
        const { provider, baseUrl } = application;
        const userId = await store.userId({ provider, baseUrl, nativeId, proposedUserId });
        const authToken = await tickets.signIn(ticket, secret, userId);
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

  const showPage: PageHandler = async ({ params: { ticket }, ip }, response) => {
    const pending = await tickets.find(ticket);
    const page = pending.signedIn ? signedInPage : formPage(pending, ip);
    sendPage(response, 200, page, pending.application.redirectUrl);
  };

  const submitForm: PageHandler = async (request, response, { form, scope }) => {
    const { ticket } = request.params;
    const pending = await tickets.find(ticket);
    const { application } = pending;
    const showProblem = (status: number, problem: string) =>
      sendPage(response, status, { ...formPage(pending, request.ip), problem }, application.redirectUrl);
    if (pending.signedIn) return sendPage(response, 200, signedInPage);
    if (isFromAnotherSite(request, publicUrl ?? forwardedUrl(request))) {
      observer.signIn(
        application,
        'another site',
        new Error(`the page of another site sent the form of ${request.ip}`),
      );
      return showProblem(httpErrors.forbidden, FROM_ANOTHER_SITE);
    }
    const fields = [...formFields(form, request.get('Content-Type') ?? '', (name) => wanted.has(name))];
    const secret = fieldOf('password', fields);
    const { title, credential } = application.kind;
    if (secret === '') return showProblem(200, `Enter your ${title} ${credential.name}.`);
    const confirmation = application.confirmSignIn ? fieldOf('confirmation', fields) : undefined;
    if (confirmation === '') return showProblem(200, 'Enter the code that your program shows.');
    const isConfirmed =
      confirmation === undefined || confirmation.toLowerCase() === ticket.slice(0, CONFIRMATION_LENGTH);
    const trial = await signIn(ticket, application, { secret, isConfirmed }, { address: request.ip ?? '', scope });
    if ('fault' in trial) {
      const retryAfter = retryAfterOf(trial.fault);
      if (retryAfter !== undefined) response.set('Retry-After', `${retryAfter}`);
      const status = trial.outcome === 'refused' ? 200 : pageStatusOf(trial.fault);
      const isUnconfirmed = trial.outcome === 'refused' && !isConfirmed;
      return showProblem(status, isUnconfirmed ? UNCONFIRMED : problemOf(trial.outcome, application));
    }
    const { redirectUrl } = application;
    if (redirectUrl === undefined || trial.kept === undefined) return sendPage(response, 200, signedInPage);
    response
      .status(303)
      // In lower case, as old programs look for it; they take what follows `auth_token=` for the token.
      .set({ ...pageHeaders(redirectUrl, overTls), location: redirectTarget(redirectUrl, ticket, trial.kept) })
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
    if (cause !== undefined && isServerFault(reason)) observer.defect('a sign-in failed', cause);
    const retryAfter = retryAfterOf(fault);
    if (retryAfter !== undefined) response.set('Retry-After', `${retryAfter}`);
    sendPage(response, pageStatusOf(fault), pages[reason] ?? failurePage);
  };
  router.use(onError);
  return router;
}

/** The URL of the web application, with the ticket and the auth_token. */
function redirectTarget(redirectUrl: string, ticket: string, authToken: string): string {
  const target = new URL(redirectUrl);
  // Appended as text: `searchParams` would re-encode the query that the operator configured.
  target.search += `${target.search && '&'}${new URLSearchParams({ ticket, auth_token: authToken })}`;
  return target.href;
}

/** The fields that are read; what else old programs send need be no text. */
const wanted: ReadonlySet<string> = new Set(['password', 'confirmation']);

/** A field without the blanks around what was pasted into it; empty where there are several values. */
function fieldOf(field: string, fields: readonly (readonly [name: string, value: string])[]): string {
  const values = fields.filter(([name]) => name === field).map(([, value]) => value);
  const [value = '', ...others] = new Set(values);
  return others.length === 0 ? value.trim() : '';
}
