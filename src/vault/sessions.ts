import type { Application } from '../applications/application.js';
import { Fault } from '../core/fault.js';
import type { SessionRecord, Store } from '../store/store.js';
import { createLastUses } from './last-uses.js';
import { type Clock, createLives } from './lives.js';
import { randomToken } from './random-token.js';
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
  /** The modern API's credential behind an auth_token. Throws `unauthenticated` where there is none, or it is expired. */
  readonly credentialOf: (application: Application, authToken: string) => Promise<string>;
  /** Revokes an auth_token. Throws `unauthenticated` where there is none. */
  readonly end: (application: Application, authToken: string) => Promise<void>;
  /** Writes the last uses that still wait for it; to be called before the store is closed. Never rejects. */
  readonly writeLastUses: () => Promise<void>;
}

interface NewSession {
  readonly authToken: string;
  readonly record: SessionRecord;
}

const KIND = 'session';
const NO_SESSION = 'no session has this auth_token: never issued, signed out, or of another application';
const DAY_MS = 24 * 60 * 60_000;
/** The resolution of the last use. */
const LAST_USE_RESOLUTION_MS = 60_000;

export function createSessions(store: Store, sealer: Sealer, clock: Clock): Sessions {
  const lives = createLives(store, clock);
  const lastUses = createLastUses(store);

  const digestOf = ({ apiKey }: Application, authToken: string) =>
    sealer.digest(KIND, JSON.stringify([apiKey, authToken]));

  const labelOf = ({ apiKey }: Application) => sealer.digest('api_key', apiKey);

  const isExpired = async ({ digest, createdAt }: SessionRecord, tokenDays: number) => {
    const lifeMs = tokenDays * DAY_MS;
    return (await lives.left(digest, { endsAt: createdAt + lifeMs, lifeMs })) < 0;
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
    credentialOf: async (application, authToken) => {
      const record = await store.session(digestOf(application, authToken));
      if (!record) throw new Fault('unauthenticated', { cause: NO_SESSION });
      const { tokenDays } = application;
      if (tokenDays !== undefined && (await isExpired(record, tokenDays))) {
        throw new Fault('unauthenticated', { cause: 'the auth_token is older than token_days' });
      }
      const credential = sealer.unseal(KIND, authToken, bindingOf(record), record.sealed);
      if (credential === undefined)
        throw new Fault('unauthenticated', { cause: new Error('a session with a broken seal') });
      const now = clock.wall();
      // Of a clock that was set back, too.
      if (Math.abs(now - (record.lastUsed ?? 0)) > LAST_USE_RESOLUTION_MS) lastUses.note(record.digest, now);
      return credential;
    },
    end: async (application, authToken) => {
      const isRemoved = await store.removeSession(digestOf(application, authToken));
      if (!isRemoved) throw new Fault('unauthenticated', { cause: NO_SESSION });
    },
    writeLastUses: lastUses.write,
  };
}

/** What must not change about a session. */
function bindingOf({ digest, application, userId, createdAt }: Omit<SessionRecord, 'sealed'>): Binding {
  return [digest, application, userId, createdAt];
}
