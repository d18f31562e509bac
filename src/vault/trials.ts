import type { Application } from '../applications/application.js';
import { httpErrors } from '../core/error-mapping.js';
import { Fault, toFault } from '../core/fault.js';
import type { Store } from '../store/store.js';
import { createAttemptLimits } from './attempt-limits.js';

type Provider = ReturnType<Application['connect']>;
type Account = Awaited<ReturnType<Provider['readAccount']>>;

/** A secret that somebody entered, and how its tries are counted. */
export interface TriedSecret {
  readonly application: Application;
  /** Its modern API, for this call. */
  readonly api: Pick<Provider, 'login' | 'readAccount'>;
  /** Whose password the secret may be; empty where it is none. */
  readonly login: string;
  /** As entered, with the blanks around it. */
  readonly secret: string;
  /** What takes a few wrong secrets only, such as a ticket. */
  readonly subject: string;
  /** The caller's address. */
  readonly address: string;
}

/** An account, and the credential that it was read with. */
interface ReadAccount {
  readonly account: Account;
  readonly credential: string;
}

/** What came of a secret. */
type Trial<Kept> = { readonly kept: Kept } | FailedTrial;

export interface FailedTrial {
  readonly outcome: 'refused' | 'outage' | 'too many';
  readonly fault: Fault;
}

/** Tries secrets as credentials. There is one set of limits for all places where a secret can be entered. */
export interface Trials {
  /**
   * Tries a secret as the credential and, where that is refused and the modern API has a login, as the password of
   * `login`: a program that has the credential costs no failed login, of which modern APIs allow few. `keep` does with an
   * account, and the credential that it was read with, what a sign-in is for. Only a refusal by the modern API counts as a
   * wrong secret, and both together as one. Rejects with what `keep` rejects with, and with an `internal` Fault of the API.
   */
  readonly attempt: <Kept>(
    secret: TriedSecret,
    keep: (account: Account, credential: string) => Promise<Kept>,
  ) => Promise<Trial<Kept>>;
  /** Tries what else an account is read with, as `attempt` tries a secret. */
  readonly read: <Kept>(
    tried: Pick<TriedSecret, 'application' | 'subject' | 'address'>,
    read: () => Promise<ReadAccount>,
    keep: (account: Account, credential: string) => Promise<Kept>,
  ) => Promise<Trial<Kept>>;
  /** Counts a try that is wrong before the modern API is asked. */
  readonly reject: (
    secret: Pick<TriedSecret, 'application' | 'subject' | 'address'>,
    cause: Error,
  ) => Promise<Trial<never>>;
  /** Drops the count of a subject that takes no more secrets. */
  readonly forget: (subject: string) => Promise<void>;
}

/** Observes what came of a secret. */
export type ObserveTrial = (
  application: Application,
  outcome: 'signed in' | 'refused' | 'outage' | 'too many',
  cause?: unknown,
) => void;

const TOO_MANY_SECONDS = 900;

export function createTrials(store: Pick<Store, 'attempts'>, observe: ObserveTrial): Trials {
  const limits = createAttemptLimits(store);

  const attempt = async <Read, Kept>(
    { application, subject, address }: Pick<TriedSecret, 'application' | 'subject' | 'address'>,
    read: () => Promise<Read>,
    keep: (read: Read) => Promise<Kept>,
  ): Promise<Trial<Kept>> => {
    if (!(await limits.take(subject, address))) {
      observe(application, 'too many');
      return { outcome: 'too many', fault: tooMany() };
    }
    const result = await read().then(
      (given) => ({ given }),
      (error: unknown) => toFault(error),
    );
    if (!('reason' in result)) {
      await limits.giveBack(subject, address);
      const kept = await keep(result.given);
      observe(application, 'signed in');
      return { kept };
    }
    const isOutage = result.reason === 'unavailable';
    if (isOutage || result.reason === 'internal') await limits.giveBack(subject, address);
    if (result.reason === 'internal') throw result;
    const outcome = isOutage ? 'outage' : 'refused';
    observe(application, outcome, result.cause);
    return { outcome, fault: result };
  };

  return {
    attempt: (tried, keep) =>
      attempt(
        tried,
        () => readWith(tried),
        ({ account, credential }) => keep(account, credential),
      ),
    read: (tried, read, keep) => attempt(tried, read, ({ account, credential }) => keep(account, credential)),
    reject: (tried, cause) =>
      attempt(
        tried,
        () => Promise.reject(new Fault('unauthenticated', { cause })),
        (never: never) => Promise.resolve(never),
      ),
    forget: limits.forget,
  };
}

/** The account of a secret, and the credential that it was read with: the secret itself, or what its login gave. */
async function readWith({ api, login, secret }: TriedSecret): Promise<ReadAccount> {
  const credential = secret.trim();
  try {
    return { account: await api.readAccount(credential), credential };
  } catch (error) {
    if (login === '' || !api.login || toFault(error).reason !== 'unauthenticated') throw error;
    const given = await api.login(login, secret);
    return { account: await api.readAccount(given), credential: given };
  }
}

const tooMany = () =>
  new Fault('unavailable', {
    http: httpErrors.tooManyRequests,
    explanation: 'too many wrong tries',
    retryAfter: TOO_MANY_SECONDS,
  });
