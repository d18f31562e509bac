import type { Application } from '../applications/application.js';
import { Fault } from '../core/fault.js';
import type { Store, TicketRecord } from '../store/store.js';
import { randomToken } from './random-token.js';
import type { Binding, Sealer } from './seal.js';
import type { Sessions } from './sessions.js';

/** The way from get_ticket over the page to get_auth_token. */
export interface Tickets {
  readonly issue: (application: Application) => Promise<string>;
  /** What the page has to know of a ticket. Throws `missing` where there is no such ticket, or no more. */
  readonly find: (ticket: string) => Promise<PendingTicket>;
  /**
   * Puts a credential that the modern API has accepted behind a ticket. Gives the auth_token where the application has
   * a `redirect_url` that it goes along with. Throws `missing` where the ticket is gone, and `conflict` where
   * somebody has signed in with it already.
   */
  readonly signIn: (ticket: string, credential: string, userId: number) => Promise<string | undefined>;
  /**
   * Spends a ticket, once, after `prepare` has made what the answer needs of the credential. Throws `missing` where the
   * application has no such ticket, or no more, and `unauthenticated` where nobody has signed in yet.
   */
  readonly redeem: <T>(
    application: Application,
    ticket: string,
    prepare: (credential: string) => Promise<T>,
  ) => Promise<{ readonly authToken: string; readonly prepared: T }>;
}

interface PendingTicket {
  readonly application: Application;
  readonly signedIn: boolean;
}

const KIND = 'ticket';
const LIFE_MS = 15 * 60_000;

/** What the seal of a ticket keeps: at first nothing. */
interface Content {
  readonly credential?: string;
  readonly userId?: number;
  readonly authToken?: string;
}

export interface TicketParts {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly sessions: Sessions;
  readonly applications: readonly Application[];
  readonly now: () => number;
}

export function createTickets({ store, sealer, sessions, applications, now }: TicketParts): Tickets {
  const { labelOf } = sessions;
  const byLabel = new Map(applications.map((application) => [labelOf(application), application]));

  const sealed = (ticket: string, unsealed: Omit<TicketRecord, 'sealed'>, content: Content): TicketRecord => ({
    ...unsealed,
    sealed: sealer.seal(KIND, ticket, bindingOf(unsealed), JSON.stringify(content)),
  });

  /** The ticket as it is now. Throws `missing` where there is none. */
  const opened = async (ticket: string) => {
    const record = await store.ticket(sealer.digest(KIND, ticket));
    const application = record && byLabel.get(record.application);
    if (!application || now() > record.expiresAt) throw new Fault('missing');
    const text = sealer.unseal(KIND, ticket, bindingOf(record), record.sealed);
    if (text === undefined) throw new Fault('missing', { cause: new Error('a ticket with a broken seal') });
    const content: Content = JSON.parse(text);
    return { record, application, content };
  };

  return {
    issue: async (application) => {
      const ticket = randomToken();
      const digest = sealer.digest(KIND, ticket);
      const unsealed = { digest, application: labelOf(application), expiresAt: now() + LIFE_MS };
      await store.addTicket(sealed(ticket, unsealed, {}), now());
      return ticket;
    },
    find: async (ticket) => {
      const { application, content } = await opened(ticket);
      return { application, signedIn: content.credential !== undefined };
    },
    signIn: async (ticket, credential, userId) => {
      const { record, application, content } = await opened(ticket);
      if (content.credential !== undefined) throw new Fault('conflict');
      const session =
        application.redirectUrl === undefined ? undefined : sessions.make(application, credential, userId);
      const next = sealed(ticket, record, { credential, userId, ...(session && { authToken: session.authToken }) });
      if (!(await store.changeTicket(record, next, session?.record))) throw new Fault('conflict');
      return session?.authToken;
    },
    redeem: async (application, ticket, prepare) => {
      const { record, application: owner, content } = await opened(ticket);
      if (owner !== application) throw new Fault('missing');
      const { credential, userId, authToken } = content;
      if (credential === undefined || userId === undefined) throw new Fault('unauthenticated');
      const prepared = await prepare(credential);
      // Where the page has given the auth_token away already, its session is stored too.
      const session = authToken === undefined ? sessions.make(application, credential, userId) : { authToken };
      const spent = await store.spendTicket(record, 'record' in session ? session.record : undefined);
      if (!spent) throw new Fault('missing');
      return { authToken: session.authToken, prepared };
    },
  };
}

/** Everything about a ticket that must not change. */
function bindingOf({ digest, application, expiresAt }: Omit<TicketRecord, 'sealed'>): Binding {
  return [digest, application, expiresAt];
}
