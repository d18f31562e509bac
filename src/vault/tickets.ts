import { isIP } from 'node:net';
import type { Application } from '../applications/application.js';
import { Fault } from '../core/fault.js';
import { isGrant } from '../oauth/grant.js';
import type { Scope } from '../shared/scope.js';
import type { Store, TicketRecord } from '../store/store.js';
import { type Jumps, watchJumps } from './jumps.js';
import { type Clock, createLives, type Lives } from './lives.js';
import { randomToken } from './random-token.js';
import type { Binding, Sealer } from './seal.js';
import type { Sessions } from './sessions.js';
import { type Content, parseContent, type SentAway } from './ticket-content.js';

/** The sign-in of an application with a vault: from get_ticket over the page to get_auth_token. */
export interface Tickets {
  /** Issues `ticket`, or a new one, to a caller at this address. */
  readonly issue: (application: Application, address: string, ticket?: string) => Promise<string>;
  /** What the page shows of a ticket. Throws `missing` where the ticket is unknown, spent or expired, or its auth_token ended. */
  readonly find: (ticket: string) => Promise<PendingTicket>;
  /**
   * What is known of a ticket, whatever became of it, to be told to who has it; undefined where nothing is. Never rejects.
   */
  readonly factsOf: (ticket: string) => Promise<TicketFacts | undefined>;
  /**
   * Seals a credential that the modern API has accepted under a ticket; `login` is that of its account. Gives the
   * auth_token where the application has a `redirect_url`, which carries it: the same one for the same credential, since a
   * second click, or a reply that is lost, leaves a browser without the first. Throws `missing` where the ticket is
   * unknown, spent or expired, and `conflict` where it holds a credential already.
   */
  readonly signIn: (ticket: string, credential: string, userId: number, login?: string) => Promise<string | undefined>;
  /** Notes with what the user of a ticket is sent to the vendor. Throws as `signIn`. */
  readonly sendAway: (ticket: string, sent: SentAway) => Promise<void>;
  /** Gives that back, once; undefined where there is none with this nonce. Throws as `signIn`. */
  readonly takeBack: (ticket: string, nonce: string) => Promise<SentAway | undefined>;
  /**
   * Spends a ticket, once, after `prepare` has read with the credential what the answer needs: an outage leaves the
   * ticket. Throws `missing` where the ticket is unknown, spent, expired or another application's, and `unauthenticated`
   * where it holds no credential yet.
   */
  readonly redeem: <T>(
    application: Application,
    ticket: string,
    prepare: (credential: string) => Promise<T>,
    scope?: Scope,
  ) => Promise<{ readonly authToken: string; readonly prepared: T }>;
  /** The same tickets, for other applications. */
  readonly of: (applications: readonly Application[]) => Tickets;
}

export interface TicketFacts {
  readonly application: Application;
  /** Whose account was signed in with; undefined where nobody has, or where that is not known. */
  readonly login: string | undefined;
  /** Whether its seal is broken: somebody changed it in the store, or it is of another version. */
  readonly isBroken: boolean;
}

export interface PendingTicket extends Omit<TicketFacts, 'isBroken'> {
  readonly signedIn: boolean;
  /** Milliseconds since it was issued. */
  readonly ageMs: number;
  /** The address that it was issued to; undefined where that is not known. */
  readonly askedFrom: string | undefined;
}

const KIND = 'ticket';
const LIFE_MS = 15 * 60_000;

export interface TicketParts {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly sessions: Sessions;
  readonly applications: readonly Application[];
  readonly clock: Clock;
}

export function createTickets({ applications, ...parts }: TicketParts): Tickets {
  return ticketsOf(applications, {
    ...parts,
    lives: createLives(parts.store, parts.clock),
    jumps: watchJumps(parts.clock, LIFE_MS),
  });
}

interface SharedParts extends Omit<TicketParts, 'applications'> {
  readonly lives: Lives;
  readonly jumps: Jumps;
}

function ticketsOf(applications: readonly Application[], parts: SharedParts): Tickets {
  const { store, sealer, sessions, lives, jumps } = parts;
  const { labelOf } = sessions;
  const byLabel = new Map(applications.map((application) => [labelOf(application), application]));

  const sealTicket = (ticket: string, unsealed: Omit<TicketRecord, 'sealed'>, content: Content): TicketRecord => ({
    ...unsealed,
    sealed: sealer.seal(KIND, ticket, bindingOf(unsealed), JSON.stringify(content)),
  });

  const contentOf = (ticket: string, record: TicketRecord): Content | undefined => {
    const text = sealer.unseal(KIND, ticket, bindingOf(record), record.sealed);
    return text === undefined ? undefined : parseContent(text);
  };

  const factsOf = async (ticket: string): Promise<TicketFacts | undefined> => {
    const record = await store.ticket(sealer.digest(KIND, ticket));
    const application = record && byLabel.get(record.application);
    if (!application) return undefined;
    const content = contentOf(ticket, record);
    return { application, login: content?.login, isBroken: content === undefined };
  };

  /** The ticket as it is now. Throws `missing` where there is none that this version can read. */
  const unsealTicket = async (ticket: string) => {
    const record = await store.ticket(sealer.digest(KIND, ticket));
    const application = record && byLabel.get(record.application);
    if (!application)
      throw new Fault('missing', { cause: 'no such ticket: never issued, spent, or swept after its end' });
    const left = await lives.left(record.digest, { endsAt: record.expiresAt, lifeMs: LIFE_MS });
    if (left < 0) throw new Fault('missing', { cause: 'the ticket has expired' });
    const content = contentOf(ticket, record);
    if (!content) throw new Fault('missing', { cause: new Error('a ticket with a broken seal') });
    if (content.authToken !== undefined && !(await sessions.has(application, content.authToken)))
      throw new Fault('missing', { cause: 'the auth_token of the ticket has been signed out or revoked' });
    return { record, application, content, ageMs: LIFE_MS - left };
  };

  const replaceContent = async (ticket: string, record: TicketRecord, { credential }: Content, next: Content) => {
    if (credential !== undefined || !(await store.changeTicket(record, sealTicket(ticket, record, next))))
      throw new Fault('conflict');
  };

  /** What `signIn` gives for a ticket that holds a credential. */
  const givenAgain = ({ redirectUrl }: Application, { authToken, credential }: Content, entered: string): string => {
    if (redirectUrl === undefined || authToken === undefined || credential !== entered) throw new Fault('conflict');
    return authToken;
  };

  /** A ticket with a grant gets its session before it is spent: only a session's grant can be renewed. */
  const withSession = async (
    ticket: string,
    application: Application,
    found: { readonly record: TicketRecord; readonly content: Content },
  ) => {
    const { record, content } = found;
    const { credential, userId } = content;
    if (credential === undefined || userId === undefined) return found;
    const session = await sessions.make(application, credential, userId);
    const next = { ...content, authToken: session.authToken };
    const changed = sealTicket(ticket, record, next);
    if (!(await store.changeTicket(record, changed, session.record)))
      throw new Fault('missing', { cause: 'another call spent the ticket meanwhile' });
    return { record: changed, content: next };
  };

  return {
    issue: async (application, address, ticket = randomToken()) => {
      const digest = sealer.digest(KIND, ticket);
      const now = await store.now();
      const unsealed = { digest, application: labelOf(application), expiresAt: now + LIFE_MS };
      // A caller that writes its own X-Forwarded-For to a trusting bridge may name anything.
      const content = isIP(address) === 0 ? {} : { askedFrom: address };
      await store.addTicket(sealTicket(ticket, unsealed, content), jumps.expiredBefore(now));
      lives.begin(digest, LIFE_MS);
      return ticket;
    },
    find: async (ticket) => {
      const { application, content, ageMs } = await unsealTicket(ticket);
      const { credential, login, askedFrom } = content;
      return { application, signedIn: credential !== undefined, login, ageMs, askedFrom };
    },
    factsOf: (ticket) => factsOf(ticket).catch(() => undefined),
    signIn: async (ticket, credential, userId, login) => {
      const { record, application, content } = await unsealTicket(ticket);
      if (content.credential !== undefined) return givenAgain(application, content, credential);
      const session =
        application.redirectUrl === undefined ? undefined : await sessions.make(application, credential, userId);
      const given = session && { authToken: session.authToken };
      const next = sealTicket(ticket, record, { credential, userId, ...(login !== undefined && { login }), ...given });
      if (await store.changeTicket(record, next, session?.record)) return session?.authToken;
      return givenAgain(application, (await unsealTicket(ticket)).content, credential);
    },
    sendAway: async (ticket, sentAway) => {
      const { record, content } = await unsealTicket(ticket);
      await replaceContent(ticket, record, content, { ...content, sentAway });
    },
    takeBack: async (ticket, nonce) => {
      const { record, content } = await unsealTicket(ticket);
      const { sentAway, ...rest } = content;
      if (sentAway?.nonce !== nonce) return undefined;
      await replaceContent(ticket, record, content, rest);
      return sentAway;
    },
    redeem: async (application, ticket, prepare, scope) => {
      const { application: owner, ...found } = await unsealTicket(ticket);
      if (owner !== application) throw new Fault('missing', { cause: 'the ticket is of another application' });
      const isPending = found.content.authToken === undefined && isGrant(found.content.credential ?? '');
      const { record, content } = isPending ? await withSession(ticket, application, found) : found;
      const { credential, userId, authToken } = content;
      if (credential === undefined || userId === undefined) {
        throw new Fault('unauthenticated', { cause: 'nobody has signed in with the ticket yet' });
      }
      const isGranted = authToken !== undefined && isGrant(credential);
      const own = isGranted ? await sessions.credentialOf(application, authToken, scope) : credential;
      const prepared = await prepare(own);
      const session = authToken === undefined ? await sessions.make(application, credential, userId) : { authToken };
      const isSpent = await store.spendTicket(record, 'record' in session ? session.record : undefined);
      if (!isSpent) throw new Fault('missing', { cause: 'another call spent the ticket meanwhile' });
      return { authToken: session.authToken, prepared };
    },
    of: (others) => ticketsOf(others, parts),
  };
}

/** What must not change about a ticket. */
function bindingOf({ digest, application, expiresAt }: Omit<TicketRecord, 'sealed'>): Binding {
  return [digest, application, expiresAt];
}
