import type { IncomingMessage } from 'node:http';
import { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express';
import type { Application } from '../applications/application.js';
import type { Admission } from '../bridge/admission.js';
import { httpErrors, isServerFault, pageStatusOf, retryAfterOf } from '../core/error-mapping.js';
import { type Fault, toFault } from '../core/fault.js';
import { readBody } from '../http/body.js';
import { isFromAnotherSite } from '../http/cross-site.js';
import { toRequestFault } from '../http/request-errors.js';
import type { Observer } from '../observability/observer.js';
import { createScope, type Scope } from '../shared/scope.js';
import type { Store } from '../store/store.js';
import type { Tickets } from '../vault/tickets.js';
import type { Trials } from '../vault/trials.js';
import { type Entered, readEntered } from './entered.js';
import { languageFor } from './languages/catalogue.js';
import { type Page, pageHeaders, renderPage } from './page.js';
import { createPages, credentialIn, type OperatorConfig, type Problem } from './pages.js';

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
  /** Who runs the bridge, for the pages to say. */
  readonly operator: OperatorConfig | undefined;
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
  const pagesIn = createPages(parts.operator);
  const pagesFor = (request: Pick<Request, 'acceptsLanguages'>) =>
    pagesIn(languageFor((...names) => request.acceptsLanguages(names)));

  const sendPage = (response: Response, status: number, page: Page, redirectUrl?: string): void => {
    response
      .status(status)
      .set(pageHeaders(redirectUrl, overTls))
      .set('Content-Language', page.language)
      .type('html')
      .send(renderPage(page));
  };

  /** Only a secret that the modern API accepts is sealed under the ticket. Gives the auth_token of a redirect. */
  const signIn = (
    ticket: string,
    application: Application,
    { login, password }: Pick<Entered, 'login' | 'password'>,
    { address, scope }: { readonly address: string; readonly scope: Scope },
  ) =>
    trials.attempt(
      { application, api: application.connect(scope), login, secret: password, subject: ticket, address },
      async ({ nativeId, proposedUserId, login: ofAccount }, credential) => {
        const { provider, baseUrl } = application;
        const userId = await store.userId({ provider, baseUrl, nativeId, proposedUserId });
        const authToken = await tickets.signIn(ticket, credential, userId, ofAccount);
        // Fails open: the count expires by itself.
        await trials.forget(ticket).catch(() => {});
        return { authToken, login: ofAccount };
      },
    );

  const router = Router();

  /** Sends the page of a ticket that takes no secret any more. Throws any other fault. */
  const sendEnded = async (request: Request<{ ticket: string }>, response: Response, fault: Fault): Promise<void> => {
    const { reason, cause } = fault;
    if (reason !== 'missing' && reason !== 'conflict') throw fault;
    const facts = await tickets.factsOf(request.params.ticket);
    const pages = pagesFor(request);
    if (reason === 'missing')
      observer.endedSignIn(facts?.application, {
        isBroken: facts?.isBroken ?? false,
        cause,
        address: request.ip ?? '',
      });
    const page = reason === 'conflict' ? pages.done(facts) : pages.over(facts?.application);
    sendPage(response, pageStatusOf(fault), page);
  };

  /** Admits a page's request as a call: rate limit, concurrency, drain and deadline. */
  const admitted =
    (work: PageHandler): RequestHandler<{ ticket: string }> =>
    async (request, response) => {
      await admission.rateLimit(request.ip ?? '');
      const form = await readBody(request, FORM_BYTES);
      const scope = createScope();
      await admission
        .run(scope, undefined, () => work(request, response, { form, scope }))
        .catch((error: unknown) => sendEnded(request, response, toFault(error)));
    };

  const showPage: PageHandler = async (request, response) => {
    const pending = await tickets.find(request.params.ticket);
    const pages = pagesFor(request);
    const page = pending.signedIn ? pages.done(pending) : pages.form(pending, request.ip ?? '');
    sendPage(response, 200, page, pending.application.redirectUrl);
  };

  const submitForm: PageHandler = async (request, response, { form, scope }) => {
    const { ticket } = request.params;
    const pending = await tickets.find(ticket);
    const { application } = pending;
    const { redirectUrl, kind } = application;
    const pages = pagesFor(request);
    const { texts } = pages;
    const address = request.ip ?? '';
    const showProblem = (status: number, problem: Problem) =>
      sendPage(response, status, pages.form(pending, address, problem), redirectUrl);
    if (pending.signedIn) return sendPage(response, 200, pages.done(pending));
    if (isFromAnotherSite(request, publicUrl ?? forwardedUrl(request))) {
      observer.signIn(application, 'another site', new Error(`the page of another site sent the form of ${address}`));
      return showProblem(httpErrors.forbidden, { text: texts.fromAnotherSite });
    }
    const { login, password, confirmation } = readEntered(form, request.get('Content-Type') ?? '');
    const credential = credentialIn(pages.failure.language, kind).name;
    if (password === '') {
      return showProblem(200, { field: 'password', text: texts.noSecret(kind.title, credential) });
    }
    if (application.confirmSignIn && confirmation === '') {
      return showProblem(200, { field: 'confirmation', text: texts.noConfirmation });
    }
    const refusalText = ({ about }: Fault) => {
      if (about === 'second factor') return texts.secondFactor(kind.title, credential);
      return application.hasLogin && login !== ''
        ? texts.refusedLogin(kind.title)
        : texts.refused(kind.title, credential);
    };
    // What is not confirmed counts as a wrong secret, and is not tried.
    const isConfirmed =
      !application.confirmSignIn || confirmation.toLowerCase() === ticket.slice(0, CONFIRMATION_LENGTH);
    const trial = isConfirmed
      ? await signIn(ticket, application, { login, password }, { address, scope })
      : await trials.reject({ application, subject: ticket, address }, new Error('a wrong confirmation of the ticket'));
    if ('fault' in trial) {
      const retryAfter = retryAfterOf(trial.fault);
      if (retryAfter !== undefined) response.set('Retry-After', `${retryAfter}`);
      const status = trial.outcome === 'refused' ? 200 : pageStatusOf(trial.fault);
      if (trial.outcome === 'too many') return showProblem(status, { text: texts.tooMany });
      if (trial.outcome === 'outage') return showProblem(status, { text: texts.outage(kind.title) });
      if (!isConfirmed) return showProblem(status, { field: 'confirmation', text: texts.unconfirmed });
      return showProblem(status, { field: 'password', text: refusalText(trial.fault) });
    }
    const { authToken } = trial.kept;
    if (redirectUrl === undefined || authToken === undefined) {
      return sendPage(response, 200, pages.done({ application, login: trial.kept.login }));
    }
    response
      .status(303)
      // In lower case, as old programs look for it; they take what follows `auth_token=` for the token.
      .set({ ...pageHeaders(redirectUrl, overTls), location: redirectTarget(redirectUrl, ticket, authToken) })
      .end();
  };

  router.get('/:ticket', admitted(showPage));
  router.post('/:ticket', admitted(submitForm));
  router.all('/:ticket', (request, response) => {
    response.set('Allow', 'GET, POST, HEAD, OPTIONS');
    if (request.method === 'OPTIONS') response.set('Content-Length', '0').end();
    else sendPage(response, httpErrors.methodNotAllowed, pagesFor(request).failure);
  });

  router.use((request, response) => sendPage(response, httpErrors.notFound, pagesFor(request).over()));

  const onError: ErrorRequestHandler = (error, request, response, _next) => {
    const fault = toRequestFault(error);
    const { reason, cause } = fault;
    const pages = pagesFor(request);
    // A path that cannot be decoded is no ticket's.
    if (cause instanceof URIError) return sendPage(response, httpErrors.notFound, pages.over());
    // A fault without a cause is a rejection by admission, which is no defect.
    if (cause !== undefined && isServerFault(reason)) observer.defect('a sign-in failed', cause);
    const retryAfter = retryAfterOf(fault);
    if (retryAfter !== undefined) response.set('Retry-After', `${retryAfter}`);
    sendPage(response, pageStatusOf(fault), pages.failure);
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
