import { setTimeout } from 'node:timers/promises';
import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from 'cockatiel';
import { Fault } from '../core/fault.js';
import type { Store } from './store.js';

/** Consecutive outages after which the breaker opens. */
const CONSECUTIVE_OUTAGES = 3;
/** How long calls wait for a probe that was just begun, in milliseconds: a store that is back answers sooner. */
const PATIENCE_MS = 500;

/** Hears when calls leave the store alone, with the error that was one too many, and when it is back. */
export type OnStoreBreaker = (state: 'open' | 'closed', cause: unknown) => void;

/**
 * The same store with a breaker in front of it: after outages a call is unavailable at once, without the store's timeouts.
 * Each call that finds the breaker open has the store probed, one probe at a time, so that the first call after the
 * store's return is performed. `isAway` says whether an error means that the store cannot be reached; no other counts.
 */
export function withBreaker(
  store: Store,
  isAway: (error: unknown) => boolean,
  onState: OnStoreBreaker = () => {},
): Store {
  const breaker = circuitBreaker(handleWhen(isAway), {
    // A probe is begun by a call, not by a clock, which may be set.
    halfOpenAfter: Number.NEGATIVE_INFINITY,
    breaker: new ConsecutiveBreaker(CONSECUTIVE_OUTAGES),
  });
  let isLeftAlone = false;
  breaker.onBreak((reason) => {
    // A probe that fails opens it again.
    if (!isLeftAlone) onState('open', 'error' in reason ? reason.error : undefined);
    isLeftAlone = true;
  });
  breaker.onReset(() => {
    isLeftAlone = false;
    onState('closed', undefined);
  });
  /** Whether a call failed since the last one that did not; else calls do not pay for the breaker. */
  let isTroubled = false;
  let probe: Promise<boolean> | undefined;
  let patience: Promise<boolean> | undefined;

  const look = (): Promise<boolean | undefined> => {
    if (!probe) {
      patience = setTimeout(PATIENCE_MS, false, { ref: false });
      probe = breaker
        .execute(() => store.ping())
        .then(
          () => true,
          () => false,
        )
        .finally(() => {
          probe = undefined;
        });
    }
    return Promise.race([probe, patience]);
  };
  /** A probe that began before the call may have failed before the store came back. */
  const isBack = async () => (probe !== undefined && (await look())) || look();

  const count = (error: unknown): Promise<never> => {
    if (isAway(error)) isTroubled = true;
    // A failure that comes late is none of the probe's.
    return breaker.state === CircuitState.Closed ? breaker.execute(() => Promise.reject(error)) : Promise.reject(error);
  };

  const runWatched = async <T>(work: () => Promise<T>): Promise<T> => {
    if (breaker.state !== CircuitState.Closed && !(await isBack()))
      throw new Fault('unavailable', { cause: new Error('the store is left alone after too many outages') });
    const result = await breaker.execute(work);
    isTroubled = false;
    return result;
  };

  const guard =
    <Parameters extends readonly unknown[], Result>(method: (...parameters: Parameters) => Promise<Result>) =>
    (...parameters: Parameters): Promise<Result> =>
      isTroubled ? runWatched(() => method(...parameters)) : method(...parameters).catch(count);

  return {
    userId: guard(store.userId),
    userIds: guard(store.userIds),
    accountOf: guard(store.accountOf),
    masterKey: guard(store.masterKey),
    keepMasterKey: guard(store.keepMasterKey),
    changeMasterKey: guard(store.changeMasterKey),
    now: guard(store.now),
    addTicket: guard(store.addTicket),
    ticket: guard(store.ticket),
    changeTicket: guard(store.changeTicket),
    spendTicket: guard(store.spendTicket),
    addSession: guard(store.addSession),
    session: guard(store.session),
    leaseSession: guard(store.leaseSession),
    releaseSession: guard(store.releaseSession),
    changeSession: guard(store.changeSession),
    sessions: guard(store.sessions),
    sessionsByPrefix: guard(store.sessionsByPrefix),
    touchSessions: guard(store.touchSessions),
    removeSession: guard(store.removeSession),
    removeSessions: guard(store.removeSessions),
    attempts: (limit) => {
      const { take, giveBack, forget } = store.attempts(limit);
      return { take: guard(take), giveBack: guard(giveBack), forget: guard(forget) };
    },
    addToLedger: guard(store.addToLedger),
    ledger: guard(store.ledger),
    ping: guard(store.ping),
    checkWritable: guard(store.checkWritable),
    // Whoever copies a store waits for it.
    snapshot: store.snapshot,
    load: guard(store.load),
    close: store.close,
  };
}
