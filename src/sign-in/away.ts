import type { IncomingMessage } from 'node:http';
import type { Request, Response } from 'express';
import type { Application } from '../applications/application.js';
import { Fault } from '../core/fault.js';
import { endingFrom, grantText } from '../oauth/grant.js';
import type { Scope } from '../shared/scope.js';
import type { Store } from '../store/store.js';
import { randomToken } from '../vault/random-token.js';
import type { States } from '../vault/states.js';
import type { Tickets } from '../vault/tickets.js';

/** Where browsers come back from a vendor, below the address of the bridge. */
const CALLBACK = '/api/1.0/auth/callback';
const COOKIE_MS = 15 * 60_000;
/** A cookie for each sign-in: one browser may have several. */
const cookieOf = (nonce: string) => `boxbridge_sign_in_${nonce.slice(0, 8)}`;

export interface AwayParts {
  readonly tickets: Tickets;
  readonly states: States;
  readonly store: Pick<Store, 'now'>;
  /** The URL of the bridge as the operator or a trusted proxy names it; undefined where none does. */
  readonly bridgeUrl: (request: IncomingMessage) => string | undefined;
}

/** A request, with whatever parameters its path has. */
type PageRequest = IncomingMessage & Pick<Request, 'get' | 'originalUrl'>;

/** What a browser came back with, of a sign-in that is not known to be its own yet. */
interface CameBack {
  readonly ticket: string;
  readonly nonce: string;
  readonly query: URLSearchParams;
}

/** The way of a browser to a vendor and back. */
export interface Away {
  /** Sends the browser to the vendor: gives where to. */
  readonly go: (request: PageRequest, response: Response, ticket: string, application: Application) => Promise<string>;
  /** Which sign-in a callback is of; undefined where this bridge has begun none like it. */
  readonly cameBack: (request: PageRequest) => CameBack | undefined;
  /**
   * Redeems the code, once: gives the account and the grant in place of a credential. Throws `unauthenticated` where this
   * is not the browser that was sent away, or the vendor does not accept the code.
   */
  readonly redeem: (
    back: CameBack,
    request: PageRequest,
    used: { readonly application: Application; readonly scope: Scope },
  ) => Promise<{ account: Awaited<ReturnType<ReturnType<Application['connect']>['readAccount']>>; credential: string }>;
}

export function createAway({ tickets, states, store, bridgeUrl }: AwayParts): Away {
  return {
    go: async (request, response, ticket, { oauth }) => {
      const redirectUri = callbackAt(bridgeUrl(request) ?? `http://${request.get('Host')}`);
      const { state, nonce } = states.make(ticket);
      if (!oauth?.begin) throw new Fault('restricted', { cause: 'its vendor has no sign-in in a browser' });
      const { url, verifier } = await oauth.begin(redirectUri, state);
      const browser = randomToken();
      await tickets.sendAway(ticket, { nonce, browser, verifier, redirectUri });
      response.cookie(cookieOf(nonce), browser, {
        httpOnly: true,
        maxAge: COOKIE_MS,
        path: new URL(redirectUri).pathname,
        // It comes back by a link of the vendor's.
        sameSite: 'lax',
        secure: redirectUri.startsWith('https:'),
      });
      return url;
    },
    cameBack: (request) => {
      const query = new URL(request.originalUrl, 'http://bridge').searchParams;
      const [state, ...others] = query.getAll('state');
      const made = state === undefined || others.length > 0 ? undefined : states.read(state);
      return made && { ...made, query };
    },
    redeem: async ({ ticket, nonce, query }, request, { application, scope }) => {
      const cookies = (request.get('Cookie') ?? '').split(/; */);
      const sent = await tickets.takeBack(ticket, nonce);
      if (!sent) throw unfinished('the callback was used before, or another sign-in of the ticket was begun since');
      // Else who began it could send the vendor's address to somebody, and get into that account.
      if (!cookies.includes(`${cookieOf(nonce)}=${sent.browser}`))
        throw unfinished('the callback came from another browser than the one that was sent away');
      if (!application.oauth) throw new Fault('restricted', { cause: 'its application has no client_id any more' });
      const { redirectUri, verifier } = sent;
      const now = await store.now();
      const state = query.get('state') ?? '';
      const grant = endingFrom(now, await application.oauth.redeem({ query, redirectUri, state, verifier }, scope));
      return { account: await application.connect(scope).readAccount(grant.accessToken), credential: grantText(grant) };
    },
  };
}

const unfinished = (cause: string) => new Fault('unauthenticated', { cause });

function callbackAt(bridgeUrl: string): string {
  const url = `${bridgeUrl.replace(/\/+$/, '')}${CALLBACK}`;
  if (!URL.canParse(url)) throw new Fault('malformed', { cause: 'a Host header that is none; set public_url' });
  return new URL(url).href;
}
