import type { Request, Response } from 'express';
import type { Application } from '../applications/application.js';
import { pageStatusOf } from '../core/error-mapping.js';
import type { Fault } from '../core/fault.js';
import type { Observer } from '../observability/observer.js';
import type { Tickets } from '../vault/tickets.js';
import { languageFor } from './languages/catalogue.js';
import { type Page, pageHeaders, renderPage } from './page.js';
import { createPages, type OperatorConfig, type Pages } from './pages.js';

/** What a page's language and address are told by. */
type Asking = Pick<Request, 'acceptsLanguages' | 'ip'>;

/** A sign-in that went well. */
interface SignedIn {
  readonly ticket: string;
  readonly application: Application;
  readonly authToken: string | undefined;
  readonly login: string;
}

/** The replies of the sign-in page. */
export interface Replies {
  /** The pages in the language of who asks. */
  readonly pagesFor: (request: Pick<Request, 'acceptsLanguages'>) => Pages;
  /** Sends a page; of an `application` where a form is on it. */
  readonly sendPage: (response: Response, status: number, page: Page, application?: Application) => void;
  readonly redirect: (response: Response, application: Application, location: string) => void;
  /** Sends the browser on to the web application, or else shows that it is done. */
  readonly sendSignedIn: (request: Asking, response: Response, signedIn: SignedIn) => void;
  /** Sends the page of a ticket that takes no secret any more. Throws any other fault. */
  readonly sendEnded: (request: Asking, response: Response, ticket: string, fault: Fault) => Promise<void>;
}

export interface RepliesParts {
  readonly tickets: Tickets;
  readonly observer: Pick<Observer, 'endedSignIn'>;
  readonly operator: OperatorConfig | undefined;
  /** Whether browsers reach the bridge over TLS. */
  readonly overTls: boolean;
}

/** Whether a form leads to another site in the end. */
const leadsAway = ({ redirectUrl, oauth }: Application) => redirectUrl !== undefined || oauth?.begin !== undefined;

export function createReplies({ tickets, observer, operator, overTls }: RepliesParts): Replies {
  const pagesIn = createPages(operator);
  const pagesFor: Replies['pagesFor'] = (request) =>
    pagesIn(languageFor((...names) => request.acceptsLanguages(names)));

  const sendPage: Replies['sendPage'] = (response, status, page, application) => {
    response
      .status(status)
      .set(pageHeaders(application !== undefined && leadsAway(application), overTls))
      .set('Content-Language', page.language)
      .type('html')
      .send(renderPage(page));
  };

  const redirect: Replies['redirect'] = (response, application, location) => {
    // In lower case, as old programs look for it; they take what follows `auth_token=` for the token.
    response
      .status(303)
      .set({ ...pageHeaders(leadsAway(application), overTls), location })
      .end();
  };

  const sendSignedIn: Replies['sendSignedIn'] = (request, response, signedIn) => {
    const { ticket, application, authToken, login } = signedIn;
    const { redirectUrl } = application;
    if (redirectUrl === undefined || authToken === undefined)
      return sendPage(response, 200, pagesFor(request).done({ application, login }));
    redirect(response, application, redirectTarget(redirectUrl, ticket, authToken));
  };

  const sendEnded: Replies['sendEnded'] = async (request, response, ticket, fault) => {
    const { reason, cause } = fault;
    if (reason !== 'missing' && reason !== 'conflict') throw fault;
    const facts = await tickets.factsOf(ticket);
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

  return { pagesFor, sendPage, redirect, sendSignedIn, sendEnded };
}

/** The URL of the web application, with the ticket and the auth_token. */
function redirectTarget(redirectUrl: string, ticket: string, authToken: string): string {
  const target = new URL(redirectUrl);
  // Appended as text: `searchParams` would re-encode the query that the operator configured.
  target.search += `${target.search && '&'}${new URLSearchParams({ ticket, auth_token: authToken })}`;
  return target.href;
}
