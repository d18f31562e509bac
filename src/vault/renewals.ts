import { setTimeout as delay } from 'node:timers/promises';
import type { Application } from '../applications/application.js';
import { Fault } from '../core/fault.js';
import { endingFrom, type Grant, tokensIn } from '../oauth/grant.js';
import { inTime } from '../shared/in-time.js';
import { createScope, remainingMs, type Scope } from '../shared/scope.js';
import type { SessionRecord, Store } from '../store/store.js';
import { type Clock, createLives } from './lives.js';

/** A session whose credential is a grant, while its auth_token is at hand. */
export interface GrantedSession {
  readonly oauth: NonNullable<Application['oauth']>;
  readonly record: SessionRecord;
  readonly grant: Grant;
  /** The same session as it is now. Throws `unauthenticated` where it is gone. */
  readonly again: () => Promise<GrantedSession>;
  /** Its record with another grant. */
  readonly sealed: (grant: Grant) => SessionRecord;
}

/** The access tokens of sessions, each replaced by one process at a time. */
export interface Renewals {
  /**
   * An access token that has not ended, as far as is known. From then on the scope can replace it. Throws
   * `unauthenticated` where the vendor has withdrawn the grant, and `unavailable` where it gives no answer: then nothing
   * is lost.
   */
  readonly accessToken: (session: GrantedSession, scope: Scope) => Promise<string>;
  /** Has the vendor withdraw the grant of a session that has ended, where it can; nobody waits for it, and it may fail. */
  readonly withdraw: (session: Pick<GrantedSession, 'oauth' | 'grant'>) => void;
  /** Waits for what is in work. Never rejects. */
  readonly finish: () => Promise<void>;
}

/** Longer than a request for a token and two writes of the store take. */
const leaseFor = ({ timeoutMs }: GrantedSession['oauth']) => timeoutMs + 10_000;
/** How often who waits for another's replacement looks, in milliseconds. */
const LOOK_AGAIN_MS = [20, 50, 100, 200] as const;
/** A token counts as ended so much before its end, in milliseconds, and by no more than this share of its life. */
const EARLY_MS = 30_000;
const EARLY_SHARE = 0.1;
/** How often a new grant is written that the store does not take, and after how many milliseconds again. */
const WRITE_AGAIN_MS = [50, 200, 1000] as const;

export function createRenewals(store: Store, clock: Clock): Renewals {
  const lives = createLives(store, clock);
  const inWork = new Map<string, Promise<Grant>>();
  const withdrawing = new Set<Promise<void> | undefined>();
  /** What the store has not taken yet: the vendor gives it no second time. */
  const unstored = new Map<
    string,
    { readonly from: SessionRecord; readonly to: SessionRecord; readonly grant: Grant }
  >();

  const isEnding = async ({ record, grant: { lifeMs, endsAt } }: GrantedSession): Promise<boolean> => {
    if (lifeMs === undefined || endsAt === undefined) return false;
    const left = await lives.left(`${record.digest} ${endsAt}`, { endsAt, lifeMs });
    return left <= Math.min(EARLY_MS, lifeMs * EARLY_SHARE);
  };

  /** Writes a new grant. Where the store takes none now, this process keeps it until it does. */
  const keep = async (from: SessionRecord, to: SessionRecord, grant: Grant): Promise<Grant | undefined> => {
    for (const waitMs of [...WRITE_AGAIN_MS, undefined]) {
      try {
        return (await store.changeSession(from, to)) ? grant : undefined;
      } catch (error) {
        if (waitMs === undefined) {
          unstored.set(from.digest, { from, to, grant });
          throw error;
        }
        await delay(waitMs);
      }
    }
    return undefined;
  };

  /** What was given before, and the store did not take; undefined where there is nothing, or the session has changed. */
  const keepUnstored = async ({ record }: GrantedSession): Promise<Grant | undefined> => {
    const waiting = unstored.get(record.digest);
    if (!waiting) return undefined;
    unstored.delete(record.digest);
    const isOfIt = Buffer.compare(waiting.from.sealed, record.sealed) === 0;
    return isOfIt ? keep(waiting.from, waiting.to, waiting.grant) : undefined;
  };

  const withdraw: Renewals['withdraw'] = ({ oauth, grant }) => {
    const work = oauth
      .revoke?.(grant, createScope())
      .catch(() => {})
      .finally(() => withdrawing.delete(work));
    if (work) withdrawing.add(work);
  };

  /** Gives what is stored in the end; undefined where the session has changed meanwhile. */
  const renewLeased = async ({ oauth, record, grant, sealed }: GrantedSession, lease: number) => {
    // The end is counted from before the request, so that it is never too late.
    const now = await store.now();
    const given = await oauth.renew(grant, createScope()).catch(async (error: unknown) => {
      // Else it ends by itself.
      await store.releaseSession(record.digest, lease).catch(() => {});
      throw error;
    });
    // The lease keeps the others from the spent refresh token until what was given for it is stored.
    const next = endingFrom(now, given);
    const kept = await keep(record, sealed(next), next);
    // Signed out meanwhile: what was withdrawn then is spent.
    if (!kept && !(await store.session(record.digest))) withdraw({ oauth, grant: next });
    return kept;
  };

  const renew = async (stale: GrantedSession): Promise<Grant> => {
    const leaseMs = leaseFor(stale.oauth);
    const giveUpAt = clock.monotonic() + 2 * leaseMs;
    for (let n = 0; clock.monotonic() < giveUpAt; n += 1) {
      const session = await stale.again();
      if (session.grant.accessToken !== stale.grant.accessToken) return session.grant;
      const kept = await keepUnstored(session);
      if (kept) return kept;
      const lease = await store.leaseSession(session.record, leaseMs);
      const given =
        lease === undefined
          ? undefined
          : await renewLeased(session, lease).catch(async (error: unknown) => {
              // One whose lease ran out may have been slower than this one.
              const { grant } = await stale.again();
              if (grant.accessToken === stale.grant.accessToken) throw error;
              return grant;
            });
      if (given) return given;
      await delay(LOOK_AGAIN_MS[Math.min(n, LOOK_AGAIN_MS.length - 1)]);
    }
    throw new Fault('unavailable', {
      cause: new Error('another node has been renewing the access token for too long'),
    });
  };

  /** One replacement at a time for each session of this process, whatever becomes of the call that began it. */
  const renewOnce = (session: GrantedSession): Promise<Grant> => {
    const { digest } = session.record;
    const running = inWork.get(digest);
    if (running) return running;
    const begun = renew(session).finally(() => inWork.delete(digest));
    inWork.set(digest, begun);
    return begun;
  };

  return {
    accessToken: async (session, scope) => {
      const note = (grant: Grant) => {
        for (const token of tokensIn(grant)) if (!scope.secrets.includes(token)) scope.secrets.push(token);
      };
      // A call waits no longer than it has time left; the renewal goes on for the next one.
      const renewed = (stale: GrantedSession) =>
        inTime(() => renewOnce(stale), remainingMs(scope), 'the access token was not renewed in time');
      const { oauth, grant } = session;
      const canRenew = grant.refreshToken !== undefined || (grant.isOfClient && oauth.ofClient !== undefined);
      const current = canRenew && (await isEnding(session)) ? await renewed(session) : grant;
      note(current);
      scope.renewal = {
        token: current.accessToken,
        current: current.accessToken,
        replace: async () => {
          const next = await renewed({ ...session, grant: current });
          note(next);
          return next.accessToken;
        },
      };
      return current.accessToken;
    },
    withdraw,
    finish: async () => {
      await Promise.allSettled(inWork.values());
      await Promise.allSettled(withdrawing);
    },
  };
}
