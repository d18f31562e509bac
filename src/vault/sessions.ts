import type { Application } from '../applications/application.js';
import { Fault } from '../core/fault.js';
import { endingFrom, type Grant, grantText, isGrant, parseGrant } from '../oauth/grant.js';
import { createScope, type Scope } from '../shared/scope.js';
import type { SessionRecord, Store } from '../store/store.js';
import { createLastUses } from './last-uses.js';
import { type Clock, createLives } from './lives.js';
import { randomToken } from './random-token.js';
import { createRenewals, type GrantedSession } from './renewals.js';
import type { Binding, Sealer } from './seal.js';

/** What auth_tokens stand for. A token is valid for the application that asked for it alone. */
export interface Sessions {
  /** The digest by which the store knows an application's api_key. */
  readonly labelOf: (application: Application) => string;
  /** A session that is not stored yet, for `authToken` or a new one. */
  readonly make: (
    application: Application,
    credential: string,
    userId: number,
    authToken?: string,
  ) => Promise<NewSession>;
  /**
   * The modern API's credential behind an auth_token: of a grant, its access token, which `scope` can replace from then on.
   * Throws `unauthenticated` where there is none, or it is expired.
   */
  readonly credentialOf: (application: Application, authToken: string, scope?: Scope) => Promise<string>;
  /** Whether an auth_token was issued and neither signed out nor revoked. */
  readonly has: (application: Application, authToken: string) => Promise<boolean>;
  /** Revokes an auth_token, and has its vendor withdraw a grant, which may fail. Throws `unauthenticated` where there is none. */
  readonly end: (application: Application, authToken: string) => Promise<void>;
  /** The end of an access token by the clock of the store, of a grant that was just asked for. */
  readonly endingOf: (grant: Grant) => Promise<Grant>;
  /** Writes what still waits for it; to be called before the store is closed. Never rejects. */
  readonly finish: () => Promise<void>;
}

interface NewSession {
  readonly authToken: string;
  readonly record: SessionRecord;
}

const KIND = 'session';
const NO_SESSION = 'no session has this auth_token: never issued, signed out, or of another application';
export const DAY_MS = 24 * 60 * 60_000;
/** The resolution of the last use. */
const LAST_USE_RESOLUTION_MS = 60_000;

export function createSessions(store: Store, sealer: Sealer, clock: Clock): Sessions {
  const lives = createLives(store, clock);
  const lastUses = createLastUses(store);
  const renewals = createRenewals(store, clock);

  const digestOf = ({ apiKey }: Application, authToken: string) =>
    sealer.digest(KIND, JSON.stringify([apiKey, authToken]));

  const labelOf = ({ apiKey }: Application) => sealer.digest('api_key', apiKey);

  const isExpired = async ({ digest, createdAt }: SessionRecord, tokenDays: number) => {
    const lifeMs = tokenDays * DAY_MS;
    return (await lives.left(digest, { endsAt: createdAt + lifeMs, lifeMs })) < 0;
  };

  const unsealed = (authToken: string, record: SessionRecord): string => {
    const credential = sealer.unseal(KIND, authToken, bindingOf(record), record.sealed);
    if (credential !== undefined) return credential;
    throw new Fault('unauthenticated', { cause: new Error('a session with a broken seal') });
  };

  const grantedSession = (
    application: Application,
    authToken: string,
    record: SessionRecord,
    credential: string,
  ): GrantedSession => {
    const { oauth } = application;
    const grant = parseGrant(credential);
    if (!oauth) throw new Fault('unauthenticated', { cause: 'its application has no client_id any more' });
    if (!grant) throw new Fault('unauthenticated', { cause: 'the session has a grant that this version cannot read' });
    return {
      oauth,
      record,
      grant,
      again: async () => {
        const found = await store.session(record.digest);
        if (!found) throw new Fault('unauthenticated', { cause: NO_SESSION });
        return grantedSession(application, authToken, found, unsealed(authToken, found));
      },
      sealed: (next) => ({
        ...record,
        sealed: sealer.seal(KIND, authToken, bindingOf(record), grantText(next)),
      }),
    };
  };

  return {
    labelOf,
    make: async (application, credential, userId, authToken = randomToken()) => {
      const unsealed = {
        digest: digestOf(application, authToken),
        application: labelOf(application),
        userId,
        createdAt: await store.now(),
      };
      const sealed = sealer.seal(KIND, authToken, bindingOf(unsealed), credential);
      return { authToken, record: { ...unsealed, sealed } };
    },
    credentialOf: async (application, authToken, scope) => {
      const record = await store.session(digestOf(application, authToken));
      if (!record) throw new Fault('unauthenticated', { cause: NO_SESSION });
      const { tokenDays } = application;
      if (tokenDays !== undefined && (await isExpired(record, tokenDays))) {
        throw new Fault('unauthenticated', { cause: 'the auth_token is older than token_days' });
      }
      const credential = unsealed(authToken, record);
      const now = clock.wall();
      // Of a clock that was set back, too.
      if (Math.abs(now - (record.lastUsed ?? 0)) > LAST_USE_RESOLUTION_MS) lastUses.note(record.digest, now);
      if (!isGrant(credential)) return credential;
      return renewals.accessToken(grantedSession(application, authToken, record, credential), scope ?? createScope());
    },
    has: async (application, authToken) => (await store.session(digestOf(application, authToken))) !== undefined,
    end: async (application, authToken) => {
      const digest = digestOf(application, authToken);
      const record = application.oauth?.revoke && (await store.session(digest));
      const isRemoved = await store.removeSession(digest);
      if (!isRemoved) throw new Fault('unauthenticated', { cause: NO_SESSION });
      const credential = record && sealer.unseal(KIND, authToken, bindingOf(record), record.sealed);
      if (record && credential !== undefined && isGrant(credential))
        renewals.withdraw(grantedSession(application, authToken, record, credential));
    },
    endingOf: async (grant) => endingFrom(await store.now(), grant),
    finish: async () => {
      await renewals.finish();
      await lastUses.write();
    },
  };
}

/** What must not change about a session. */
function bindingOf({ digest, application, userId, createdAt }: Omit<SessionRecord, 'sealed'>): Binding {
  return [digest, application, userId, createdAt];
}
