import type { Application } from '../applications/application.js';
import { httpErrors } from '../core/error-mapping.js';
import { Fault, toFault } from '../core/fault.js';
import type { Store } from '../store/store.js';
import { createAttemptLimits } from './attempt-limits.js';

/** A secret that somebody entered, and how its tries are counted. */
interface TriedSecret {
  readonly application: Application;
  /** What takes a few wrong secrets only, such as a ticket. */
  readonly subject: string;
  /** The caller's address. */
  readonly address: string;
}

/** What came of a secret. */
type Trial<Kept> =
  | { readonly kept: Kept }
  | { readonly outcome: 'refused' | 'outage' | 'too many'; readonly fault: Fault };

/** Tries secrets as credentials. There is one set of limits for all places where a secret can be entered. */
export interface Trials {
  /**
   * Tries a secret: `read` reads its account, and `keep` does with an account what a sign-in is for. Only a refusal by the
   * modern API counts as a wrong secret. Rejects with what `keep` rejects with, and with an `internal` Fault of `read`.
   */
  readonly attempt: <Account, Kept>(
    secret: TriedSecret,
    read: () => Promise<Account>,
    keep: (account: Account) => Promise<Kept>,
  ) => Promise<Trial<Kept>>;
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
  return {
    attempt: async ({ application, subject, address }, read, keep) => {
      if (!(await limits.take(subject, address))) {
        observe(application, 'too many');
        return { outcome: 'too many', fault: tooMany() };
      }
      const result = await read().then(
        (account) => ({ account }),
        (error: unknown) => toFault(error),
      );
      if (!('reason' in result)) {
        await limits.giveBack(subject, address);
        const kept = await keep(result.account);
        observe(application, 'signed in');
        return { kept };
      }
      const isOutage = result.reason === 'unavailable';
      if (isOutage || result.reason === 'internal') await limits.giveBack(subject, address);
      if (result.reason === 'internal') throw result;
      const outcome = isOutage ? 'outage' : 'refused';
      observe(application, outcome, result.cause);
      return { outcome, fault: result };
    },
    forget: limits.forget,
  };
}

const tooMany = () =>
  new Fault('unavailable', {
    http: httpErrors.tooManyRequests,
    explanation: 'too many wrong tries',
    retryAfter: TOO_MANY_SECONDS,
  });
