import type { Application } from '../applications/application.js';
import { Fault } from '../core/fault.js';
import type { CreateRate, Rate } from '../shared/rate-limiter.js';
import type { Scope } from '../shared/scope.js';
import type { Overload } from './overload.js';
import { consume, MINUTE_SECONDS } from './rate-limit.js';

/** Rate limits, concurrency limit, drain and deadline. A call that is not admitted is an `unavailable` Fault. */
export interface Admission {
  /** Counts a request of an address. Rejects with HTTP 429 beyond the rate limit of addresses. */
  readonly rateLimit: (address: string) => Promise<void>;
  /**
   * Counts a call of an application, gives its scope the deadline and does its work. Rejects beyond a limit and while
   * draining.
   */
  readonly run: <T>(scope: Scope, application: Application | undefined, work: () => Promise<T>) => Promise<T>;
  /** The number of calls in flight. */
  readonly inFlight: () => number;
  /** From now on no call is admitted. */
  readonly startDraining: () => void;
  readonly isDraining: () => boolean;
  /** Rejects every call in flight: the drain deadline has passed. */
  readonly abortAll: () => void;
}

export interface AdmissionOptions {
  readonly concurrentCalls: number;
  /** The deadline of a call for all its upstream requests, in milliseconds. */
  readonly callMs: number;
  /** The rate limit of each address; unlimited unless given. */
  readonly perMinute?: number | undefined;
  readonly createRate: CreateRate;
  readonly overload?: Pick<Overload, 'reason'>;
}

/** The calls in flight of a process, which outlast the admission that let them in. */
export interface Room {
  /** Rejects a call in flight; one entry for each. */
  readonly inFlight: Set<(fault: Fault) => void>;
  isDraining: boolean;
}

export const createRoom = (): Room => ({ inFlight: new Set(), isDraining: false });

export function createAdmission(options: AdmissionOptions, room = createRoom()): Admission {
  const { inFlight } = room;
  const { concurrentCalls, callMs, perMinute, createRate, overload } = options;
  const addressRate =
    perMinute === undefined
      ? undefined
      : createRate({ name: `calls of addresses, ${perMinute}`, points: perMinute, seconds: MINUTE_SECONDS });
  const applicationRates = new Map<number, Rate>();
  const applicationRate = (points: number) => {
    const rate =
      applicationRates.get(points) ??
      createRate({ name: `calls of api_keys, ${points}`, points, seconds: MINUTE_SECONDS });
    applicationRates.set(points, rate);
    return rate;
  };
  /** Undefined where there is nothing to wait for. */
  const rateLimitApplication = (application: Application | undefined) =>
    application?.rate && consume(applicationRate(application.rate.perMinute), application.apiKey);

  return {
    rateLimit: async (address) => {
      if (addressRate) await consume(addressRate, address);
    },
    run: (scope, application, work) =>
      new Promise((resolve, reject) => {
        if (room.isDraining) throw draining();
        if (inFlight.size >= concurrentCalls) throw overloaded('too many calls at once');
        const reason = overload?.reason();
        if (reason !== undefined) throw overloaded(reason);
        inFlight.add(reject);
        const begin = async () => {
          scope.deadline = performance.now() + callMs;
          return work();
        };
        (rateLimitApplication(application)?.then(begin) ?? begin()).then(
          (result) => {
            inFlight.delete(reject);
            resolve(result);
          },
          (error: unknown) => {
            inFlight.delete(reject);
            reject(error);
          },
        );
      }),
    inFlight: () => inFlight.size,
    startDraining: () => {
      room.isDraining = true;
    },
    isDraining: () => room.isDraining,
    abortAll: () => {
      for (const abort of inFlight) abort(draining());
    },
  };
}

const draining = () => new Fault('unavailable', { explanation: 'the bridge is stopping' });
const overloaded = (why: string) =>
  new Fault('unavailable', { explanation: 'too many calls at once', cause: new Error(why) });
