import type { Application } from '../applications/application.js';
import { httpErrors } from '../core/error-mapping.js';
import { Fault } from '../core/fault.js';
import { withDeadline } from '../shared/deadline.js';
import { type CreateRateLimiter, msUntilNextPoint, type RateLimiter } from '../shared/rate-limiter.js';

/** Admits the calls that the bridge has room for; every other one is an `unavailable` Fault. */
export interface Admission {
  /** Counts a request of an address. Throws a Fault (429) beyond the rate of addresses. */
  readonly rateLimit: (address: string) => Promise<void>;
  /** Counts a call of an application and does its work. Throws a Fault beyond a limit, and while draining. */
  readonly run: <T>(application: Application | undefined, work: () => Promise<T>) => Promise<T>;
  /** The number of calls in flight. */
  readonly inFlight: () => number;
  /** From now on no call is admitted: the server is stopping. */
  readonly startDraining: () => void;
  readonly isDraining: () => boolean;
  /** Ends every call in flight with a Fault: the drain deadline has passed. */
  readonly abortAll: () => void;
}

export interface AdmissionOptions {
  readonly concurrentCalls: number;
  /** Milliseconds that a call may take for all its requests to the modern API. */
  readonly callMs: number;
  /** Calls of each address a minute; absent: any number. */
  readonly perMinute?: number | undefined;
  readonly createRateLimiter: CreateRateLimiter;
}

const MINUTE = 60;

export function createAdmission(options: AdmissionOptions): Admission {
  const { concurrentCalls, callMs, perMinute, createRateLimiter } = options;
  const ofAddresses =
    perMinute === undefined
      ? undefined
      : createRateLimiter({ name: 'calls of addresses', points: perMinute, seconds: MINUTE });
  const byRate = new Map<number, RateLimiter>();
  const ofApplications = (points: number) => {
    const limiter =
      byRate.get(points) ?? createRateLimiter({ name: `calls of api_keys, ${points}`, points, seconds: MINUTE });
    byRate.set(points, limiter);
    return limiter;
  };
  const rateLimitApplication = async (application: Application | undefined) => {
    if (application?.rate) await consume(ofApplications(application.rate.perMinute), application.apiKey);
  };
  /** How each call in flight is aborted. */
  const inFlight = new Set<(fault: Fault) => void>();
  let isDraining = false;

  return {
    rateLimit: async (address) => {
      if (ofAddresses) await consume(ofAddresses, address);
    },
    run: async (application, work) => {
      if (isDraining) throw draining();
      if (inFlight.size >= concurrentCalls) throw overloaded();
      let abort: (fault: Fault) => void = () => {};
      const aborted = new Promise<never>((_resolve, reject) => {
        abort = reject;
      });
      inFlight.add(abort);
      try {
        return await Promise.race([aborted, rateLimitApplication(application).then(() => withDeadline(callMs, work))]);
      } finally {
        inFlight.delete(abort);
      }
    },
    inFlight: () => inFlight.size,
    startDraining: () => {
      isDraining = true;
    },
    isDraining: () => isDraining,
    abortAll: () => {
      for (const abort of inFlight) abort(draining());
    },
  };
}

const draining = () => new Fault('unavailable', { explanation: 'the bridge is stopping' });
const overloaded = () => new Fault('unavailable', { explanation: 'too many calls at once' });

/** Fails open: if the limiter is unreachable, the call is admitted. */
async function consume(limiter: RateLimiter, key: string): Promise<void> {
  await limiter.consume(key).catch((error: unknown) => {
    const ms = msUntilNextPoint(error);
    if (ms === undefined) return;
    throw new Fault('unavailable', {
      http: httpErrors.tooManyRequests,
      explanation: 'too many calls in a minute',
      retryAfter: Math.max(1, Math.ceil(ms / 1000)),
    });
  });
}
