import type { Application } from '../applications/application.js';
import { Fault } from '../core/fault.js';
import type { SessionRecord, Store } from '../store/store.js';
import { randomToken } from './random-token.js';
import type { Binding, Sealer } from './seal.js';

/** What auth_tokens stand for. A token belongs to the application that asked for it, and to no other. */
export interface Sessions {
  /** What the store may know of an application's api_key. */
  readonly labelOf: (application: Application) => string;
  /** A session yet to be stored, for the auth_token given or a new one. */
  readonly make: (application: Application, credential: string, userId: number, authToken?: string) => NewSession;
  /** The modern credential behind an auth_token. Throws `unauthenticated` where there is none. */
  readonly credentialOf: (application: Application, authToken: string) => Promise<string>;
  /** Forgets an auth_token. Throws `unauthenticated` where there is none. */
  readonly end: (application: Application, authToken: string) => Promise<void>;
}

interface NewSession {
  readonly authToken: string;
  readonly record: SessionRecord;
}

const KIND = 'session';
const DAY_MS = 24 * 60 * 60_000;
/** How exactly the last use is kept: writing it for every call would be too dear. */
const LAST_USE_MS = 60_000;

export function createSessions(store: Store, sealer: Sealer, now: () => number): Sessions {
  const digestOf = ({ apiKey }: Application, authToken: string) =>
    sealer.digest(KIND, JSON.stringify([apiKey, authToken]));

  const labelOf = ({ apiKey }: Application) => sealer.digest('api_key', apiKey);

  const isOver = ({ createdAt }: SessionRecord, { tokenDays }: Application) =>
    tokenDays !== undefined && now() > createdAt + tokenDays * DAY_MS;

  return {
    labelOf,
    make: (application, credential, userId, authToken = randomToken()) => {
      const unsealed = {
        digest: digestOf(application, authToken),
        application: labelOf(application),
        userId,
        createdAt: now(),
      };
      const sealed = sealer.seal(KIND, authToken, bindingOf(unsealed), credential);
      return { authToken, record: { ...unsealed, sealed } };
    },
    credentialOf: async (application, authToken) => {
      const record = await store.session(digestOf(application, authToken));
      if (!record || isOver(record, application)) throw new Fault('unauthenticated');
      const credential = sealer.unseal(KIND, authToken, bindingOf(record), record.sealed);
      if (credential === undefined)
        throw new Fault('unauthenticated', { cause: new Error('a session with a broken seal') });
      if (now() > (record.lastUsed ?? 0) + LAST_USE_MS) await store.touchSession(record.digest, now()).catch(() => {});
      return credential;
    },
    end: async (application, authToken) => {
      if (!(await store.removeSession(digestOf(application, authToken)))) throw new Fault('unauthenticated');
    },
  };
}

/** Everything about a session that must not change. */
function bindingOf({ digest, application, userId, createdAt }: Omit<SessionRecord, 'sealed'>): Binding {
  return [digest, application, userId, createdAt];
}
