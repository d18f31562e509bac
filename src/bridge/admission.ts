import type { Application } from '../applications/application.js';
import type { Config } from '../config/load.js';
import { Fault } from '../core/fault.js';
import { createLimiter, waitIn } from '../shared/rate-limiter.js';

/** Lets in what the bridge can do at a moment, and keeps out the rest with an `unavailable` Fault. */
export interface Gate {
  /** Counts a request of an address; a Fault (429) where it has had its share of this minute. */
  readonly count: (address: string) => Promise<void>;
  /** Counts a call of an application and does its work; a Fault where one of the limits is reached. */
  readonly pass: <T>(application: Application | undefined, work: () => Promise<T>) => Promise<T>;
  /** How many calls are at work. */
  readonly inside: () => number;
  /** From now on nothing passes: the server is stopping. */
  readonly close: () => void;
  /** Ends every call that is at work with a Fault: its time is over. */
  readonly clear: () => void;
  readonly isClosed: () => boolean;
}

export interface GateLimits extends Pick<Config, 'rate'> {
  readonly limits: Pick<Config['limits'], 'concurrentCalls'>;
}

const MINUTE = 60;

export function createGate({ limits, rate }: GateLimits): Gate {
  const ofAddresses = rate && createLimiter({ name: 'calls of addresses', points: rate.perMinute, seconds: MINUTE });
  const ofApplications = new Map<number, ReturnType<typeof createLimiter>>();
  const ofApplication = (perMinute: number) => {
    const limiter =
      ofApplications.get(perMinute) ??
      createLimiter({ name: `calls of api_keys, ${perMinute}`, points: perMinute, seconds: MINUTE });
    ofApplications.set(perMinute, limiter);
    return limiter;
  };
  const countOf = async (application: Application | undefined) => {
    if (application?.rate) await ofApplication(application.rate.perMinute).consume(application.apiKey).catch(refuse);
  };
  /** How each call that is at work is ended. */
  const inside = new Set<(fault: Fault) => void>();
  let isClosed = false;

  return {
    count: async (address) => {
      await ofAddresses?.consume(address).catch(refuse);
    },
    pass: async (application, work) => {
      if (isClosed) throw stopping();
      if (inside.size >= limits.concurrentCalls) throw tooMany();
      let end: (fault: Fault) => void = () => {};
      const ended = new Promise<never>((_resolve, reject) => {
        end = reject;
      });
      inside.add(end);
      try {
        return await Promise.race([ended, countOf(application).then(work)]);
      } finally {
        inside.delete(end);
      }
    },
    inside: () => inside.size,
    close: () => {
      isClosed = true;
    },
    clear: () => {
      for (const end of inside) end(stopping());
    },
    isClosed: () => isClosed,
  };
}

const stopping = () => new Fault('unavailable', { explanation: 'the bridge is stopping' });
const tooMany = () => new Fault('unavailable', { explanation: 'too many calls at once' });

/** A limiter that cannot be asked keeps nobody out. */
function refuse(refusal: unknown): void {
  const ms = waitIn(refusal);
  if (ms === undefined) return;
  throw new Fault('unavailable', {
    http: 429,
    explanation: 'too many calls in a minute',
    retryAfter: Math.max(1, Math.ceil(ms / 1000)),
  });
}
