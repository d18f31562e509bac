import type { IncomingMessage } from 'node:http';
import { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express';
import type { Application } from '../applications/application.js';
import type { Admission } from '../bridge/admission.js';
import { httpErrors, isServerFault, pageStatusOf } from '../core/error-mapping.js';
import { type Fault, toFault } from '../core/fault.js';
import { readBody } from '../http/body.js';
import { isFromAnotherSite } from '../http/cross-site.js';
import { toRequestFault } from '../http/request-errors.js';
import type { Observer } from '../observability/observer.js';
import { createScope, type Scope } from '../shared/scope.js';
import type { Store } from '../store/store.js';
import type { States } from '../vault/states.js';
import type { Tickets } from '../vault/tickets.js';
import type { Trials } from '../vault/trials.js';
import { createAway } from './away.js';
import { createCallback } from './callback.js';
import { type Entered, readEntered } from './entered.js';
import { replyToFailed, setRetryAfter } from './failed-trial.js';
import { createKeep } from './keep.js';
import { credentialIn, type OperatorConfig, type Problem } from './pages.js';
import { createReplies } from './replies.js';

export interface SignInParts {
  readonly tickets: Tickets;
  readonly states: States;
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

type PageHandler<Parameters = { ticket: string }> = (
  request: Request<Parameters>,
  response: Response,
  entered: { readonly form: Buffer; readonly scope: Scope },
) => Promise<void>;

const FORM_BYTES = 16_384;
/** How much of a ticket `confirm_sign_in` asks for. */
const CONFIRMATION_LENGTH = 4;

/** The page at `/api/1.0/auth/:ticket`, where users enter their credential of the modern API. */
export function signInRouter(parts: SignInParts): Router {
  const { tickets, states, store, trials, admission, observer, publicUrl, forwardedUrl } = parts;
  const bridgeUrl = (request: IncomingMessage) => publicUrl ?? forwardedUrl(request);
  const away = createAway({ tickets, states, store, bridgeUrl });
  const overTls = publicUrl?.startsWith('https:') ?? false;
  const replies = createReplies({ tickets, observer, operator: parts.operator, overTls });
  const { pagesFor, sendPage, redirect, sendSignedIn, sendEnded } = replies;
  const keepFor = createKeep(store, tickets, trials);
  const finish = createCallback({ tickets, trials, away, replies, keepFor });

  const signIn = (
    ticket: string,
    application: Application,
    { login, password }: Pick<Entered, 'login' | 'password'>,
    { address, scope }: { readonly address: string; readonly scope: Scope },
  ) =>
    trials.attempt(
      { application, api: application.connect(scope), login, secret: password, subject: ticket, address },
      keepFor(ticket, application),
    );

  const router = Router();

  /** Admits a page's request as a call: rate limit, concurrency, drain and deadline. */
  const admitted =
    <Parameters>(
      work: PageHandler<Parameters>,
      ticketOf: (request: Request<Parameters>) => string,
    ): RequestHandler<Parameters> =>
    async (request, response) => {
      await admission.rateLimit(request.ip ?? '');
      const form = await readBody(request, FORM_BYTES);
      const scope = createScope();
      await admission
        .run(scope, undefined, () => work(request, response, { form, scope }))
        .catch((error: unknown) => sendEnded(request, response, ticketOf(request), toFault(error)));
    };

  const showPage: PageHandler = async (request, response) => {
    const pending = await tickets.find(request.params.ticket);
    const pages = pagesFor(request);
    const page = pending.signedIn ? pages.done(pending) : pages.form(pending, request.ip ?? '');
    sendPage(response, 200, page, pending.application);
  };

  const submitForm: PageHandler = async (request, response, { form, scope }) => {
    const { ticket } = request.params;
    const pending = await tickets.find(ticket);
    const { application } = pending;
    const { kind } = application;
    const pages = pagesFor(request);
    const { texts } = pages;
    const address = request.ip ?? '';
    const showDone = () => sendPage(response, 200, pages.done(pending));
    const showProblem = (status: number, problem: Problem) =>
      pending.signedIn ? showDone() : sendPage(response, status, pages.form(pending, address, problem), application);
    // Who comes from signing in a second time has to get to the web application all the same.
    if (pending.signedIn && application.redirectUrl === undefined) return showDone();
    if (isFromAnotherSite(request, bridgeUrl(request))) {
      observer.signIn(application, 'another site', new Error(`the page of another site sent the form of ${address}`));
      return showProblem(httpErrors.forbidden, { text: texts.fromAnotherSite });
    }
    const { login, password, confirmation } = readEntered(form, request.get('Content-Type') ?? '');
    // The form comes back empty: a password alone, entered without the name again, would be tried as a credential.
    const hadName = application.hasLogin && login !== '';
    const askAgain = (status: number, problem: Problem) =>
      showProblem(status, { ...problem, begin: hadName ? 'login' : undefined });
    const credential = credentialIn(pages.failure.language, kind).name;
    const goesAway = password === '' && application.oauth?.begin !== undefined;
    if (password === '' && !goesAway) {
      return askAgain(200, { field: 'password', text: texts.noSecret(kind.title, credential) });
    }
    if (application.confirmSignIn && confirmation === '') {
      return askAgain(200, { field: 'confirmation', text: texts.noConfirmation });
    }
    const showRefusal = (status: number, { about }: Fault) => {
      if (about === 'second factor')
        return showProblem(status, { field: 'password', text: texts.secondFactor(kind.title, credential) });
      if (hadName) return showProblem(status, { field: 'login', text: texts.refusedLogin(kind.title) });
      return showProblem(status, { field: 'password', text: texts.refused(kind.title, credential) });
    };
    // What is not confirmed counts as a wrong secret, and is not tried.
    const isConfirmed =
      !application.confirmSignIn || confirmation.toLowerCase() === ticket.slice(0, CONFIRMATION_LENGTH);
    if (isConfirmed && goesAway) {
      const vendor = await away.go(request, response, ticket, application);
      return redirect(response, application, vendor);
    }
    const trial = isConfirmed
      ? await signIn(ticket, application, { login, password }, { address, scope })
      : await trials.reject({ application, subject: ticket, address }, new Error('a wrong confirmation of the ticket'));
    if ('fault' in trial) {
      const { status, text } = replyToFailed(response, trial, { texts, title: kind.title });
      if (text !== undefined) return showProblem(status, { text });
      if (!isConfirmed) return askAgain(status, { field: 'confirmation', text: texts.unconfirmed });
      return showRefusal(status, trial.fault);
    }
    sendSignedIn(request, response, { ticket, application, ...trial.kept });
  };

  router.head('/callback', (_request, response) => void response.end());
  router.get(
    '/callback',
    admitted(finish, (request) => away.cameBack(request)?.ticket ?? ''),
  );

  router.get(
    '/:ticket',
    admitted(showPage, ({ params }) => params.ticket),
  );
  router.post(
    '/:ticket',
    admitted(submitForm, ({ params }) => params.ticket),
  );
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
    setRetryAfter(response, fault);
    sendPage(response, pageStatusOf(fault), pages.failure);
  };
  router.use(onError);
  return router;
}
