import type { Request, Response } from 'express';
import { httpErrors } from '../core/error-mapping.js';
import type { Scope } from '../shared/scope.js';
import type { Tickets } from '../vault/tickets.js';
import type { Trials } from '../vault/trials.js';
import type { Away } from './away.js';
import { replyToFailed } from './failed-trial.js';
import type { Keep } from './keep.js';
import type { Replies } from './replies.js';

export interface CallbackParts {
  readonly tickets: Pick<Tickets, 'find'>;
  readonly trials: Trials;
  readonly away: Away;
  readonly replies: Replies;
  readonly keepFor: Keep;
}

/** Where browsers come back from a vendor: the end of the sign-in is that of the page. */
export function createCallback({ tickets, trials, away, replies, keepFor }: CallbackParts) {
  const { pagesFor, sendPage, sendSignedIn } = replies;
  return async (request: Request<object>, response: Response, { scope }: { readonly scope: Scope }): Promise<void> => {
    const back = away.cameBack(request);
    if (!back) return sendPage(response, httpErrors.notFound, pagesFor(request).over());
    const { ticket, query } = back;
    const pending = await tickets.find(ticket);
    const { application } = pending;
    const { kind } = application;
    const pages = pagesFor(request);
    const { texts } = pages;
    const address = request.ip ?? '';
    if (pending.signedIn) return sendPage(response, 200, pages.done(pending));
    const showProblem = (status: number, text: string) =>
      sendPage(response, status, pages.form(pending, address, { text }, ticket), application);
    const tried = { application, subject: ticket, address };
    const read = () => away.redeem(back, request, { application, scope });
    const trial = await trials.read(tried, read, keepFor(ticket, application));
    if (!('fault' in trial)) return sendSignedIn(request, response, { ticket, application, ...trial.kept });
    const { status, text } = replyToFailed(response, trial, { texts, title: kind.title });
    if (text !== undefined) return showProblem(status, text);
    if (query.get('error') === 'access_denied') return showProblem(status, texts.declined(kind.title));
    // Else the code, the token or the browser was refused.
    const isKnown = trial.fault.reason !== 'unauthenticated';
    return showProblem(status, isKnown ? texts.noAccess(kind.title) : texts.notCompleted(kind.title));
  };
}
