import { type Reason, toFault } from '../core/fault.js';
import type { Account, Plan, Provider } from '../providers/provider.js';
import { snakeCase } from '../shared/camel-case.js';
import { createScope } from '../shared/scope.js';
import type { Application } from './application.js';

/** What became of a read of a shadow: compared, not sent because too many were in flight, or why it failed. */
type ShadowOutcome = 'equal' | 'different' | 'left out' | Reason;

/** Told of each read of the shadow of an application, with the elements that differ. MUST NOT throw. */
export type ObserveShadow = (application: string, outcome: ShadowOutcome, elements: readonly string[]) => void;

export interface ShadowOptions {
  /** The application, connected to the second modern API. */
  readonly application: Pick<Application, 'name' | 'connect'>;
  /** Milliseconds that a read of it may take. */
  readonly readMs: number;
  readonly observe: ObserveShadow;
}

/** How many reads of one shadow are waiting or in flight at once. */
const IN_FLIGHT = 16;
/** Milliseconds after a read until that of the shadow: the reply to the caller has its turn first. */
const AFTER_MS = 20;

/**
 * Sends the successful reads of a provider to a shadow too, with the same credential, and compares what both give. What
 * the provider gives is as soon and as it is without.
 */
export function createShadow({ application, readMs, observe }: ShadowOptions): (provider: Provider) => Provider {
  let inFlight = 0;

  /** Reads the shadow and compares. Never rejects. */
  const compare = async <T>(result: T, read: (shadow: Provider) => Promise<T> | undefined, differing: Differing<T>) => {
    try {
      const scope = createScope();
      scope.deadline = performance.now() + readMs;
      const reading = read(application.connect(scope));
      // The second API has nothing for this read.
      if (!reading) return;
      const elements = differing(result, await reading);
      observe(application.name, elements.length === 0 ? 'equal' : 'different', elements);
    } catch (error) {
      observe(application.name, toFault(error).reason, []);
    }
  };

  /** Gives what is being read, and lets the shadow follow. */
  const followed = <T>(
    reading: Promise<T>,
    read: (shadow: Provider) => Promise<T> | undefined,
    differing: Differing<T>,
  ): Promise<T> => {
    const follow = (result: T) => {
      if (inFlight >= IN_FLIGHT) return observe(application.name, 'left out', []);
      inFlight += 1;
      const begin = () =>
        compare(result, read, differing).finally(() => {
          inFlight -= 1;
        });
      setTimeout(() => void begin(), AFTER_MS).unref();
    };
    // A read that fails is its caller's.
    reading.then(follow, () => {});
    return reading;
  };

  return ({ readAccount, readAccountOf, findAccounts, readPlan, ...writes }) => ({
    ...writes,
    readAccount: (credential) =>
      followed(readAccount(credential), (shadow) => shadow.readAccount(credential), accountsDiffer),
    readAccountOf:
      readAccountOf &&
      ((credential, nativeId) =>
        followed(
          readAccountOf(credential, nativeId),
          (shadow) => shadow.readAccountOf?.(credential, nativeId),
          accountsDiffer,
        )),
    findAccounts:
      findAccounts &&
      ((credential, email) =>
        followed(findAccounts(credential, email), (shadow) => shadow.findAccounts?.(credential, email), listsDiffer)),
    readPlan:
      readPlan &&
      ((credential, nativeId) =>
        followed(readPlan(credential, nativeId), (shadow) => shadow.readPlan?.(credential, nativeId), plansDiffer)),
  });
}

/** The elements in which two results differ. */
type Differing<T> = (one: T, other: T) => string[];

/** The elements of an account. What else a modern API says is in its own words, and is not compared. */
const elementsOf = (account: Account): Elements => ({
  native_id: account.nativeId,
  login: account.login,
  name: account.name,
  email: account.email,
  pending_email: account.pendingEmail,
  avatar_url: account.avatarUrl,
  language_code: account.languageCode,
  space_amount: account.spaceAmount,
  space_used: account.spaceUsed,
  max_upload_size: account.maxUploadSize,
  plan_id: account.planId,
});

type Elements = Readonly<Record<string, bigint | string | undefined>>;

function differingIn(one: Elements, other: Elements): string[] {
  return Object.keys({ ...one, ...other }).filter((name) => one[name] !== other[name]);
}

const accountsDiffer: Differing<Account> = (one, other) => differingIn(elementsOf(one), elementsOf(other));

/** Accounts are compared by their native ids, in any order; `accounts` where one is on one side alone. */
const listsDiffer: Differing<readonly Account[]> = (one, other) => {
  const others = new Map(other.map((account) => [account.nativeId, account]));
  const found = one.flatMap((account) => {
    const counterpart = others.get(account.nativeId);
    return counterpart ? accountsDiffer(account, counterpart) : ['accounts'];
  });
  return [...new Set(one.length === other.length ? found : [...found, 'accounts'])];
};

const planElementsOf = ({ planId, limits }: Plan): Elements => ({
  plan_id: planId,
  ...Object.fromEntries(Object.entries(limits).map(([name, limit]) => [snakeCase(name), limit])),
});

const plansDiffer: Differing<Plan> = (one, other) => differingIn(planElementsOf(one), planElementsOf(other));
