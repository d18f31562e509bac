import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { Redis } from 'iovalkey';
import { LRUCache } from 'lru-cache';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { messageOf } from '../shared/errors.js';
import { lazy } from '../shared/lazy.js';
import { type CreateRate, type CreateRateLimiter, msUntilNextPoint } from '../shared/rate-limiter.js';

/** Rates that many nodes count together. */
export interface SharedRates {
  readonly createRate: CreateRate;
  readonly close: () => Promise<void>;
}

/** How long a reply may take, in milliseconds: no call waits longer, and then all are counted here. */
const REPLY_MS = 2000;
/** How long a connection may take, and how long the start waits for the first one, in milliseconds. */
const CONNECT_MS = 1000;
/** How long a connection may take to close, in milliseconds: the end of the process waits for it. */
const CLOSE_MS = 200;
/** How many keys of a rate that are used up are remembered. */
const MAX_USED_UP = 10_000;
/** How long after a failure it is tried again, in milliseconds. */
const RETRY_MS = 1000;

/**
 * Rates that all nodes with this Valkey, or Redis, count together; each with one of `createRateLimiter` for as long as it
 * is away. The client is the breaker: a connection that fails, hangs or answers with an error is closed, and no call is
 * counted over a new one before that has counted. Gives the rates as soon as the first attempt to connect has ended.
 */
export async function openValkeyRates(
  url: string,
  createRateLimiter: CreateRateLimiter,
  onState: (state: 'counts' | 'away', cause: string | undefined) => void,
): Promise<SharedRates> {
  let cause = 'no answer';
  /** Whether a command of this connection was refused: what it counts may be counted for another user, or elsewhere. */
  let isRefused = false;
  let isClosed = false;
  const client = new Redis({
    ...optionsOf(url),
    lazyConnect: true,
    // A command is sent once, and rejected as soon as its connection is lost.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // The first count is the check.
    enableReadyCheck: false,
    connectTimeout: CONNECT_MS,
    disconnectTimeout: CLOSE_MS,
    socketTimeout: REPLY_MS,
    retryStrategy: () => (isClosed ? null : RETRY_MS),
    // Such as of a replica, of a full memory, of a user that may not: this connection does not count.
    reconnectOnError: (error) => {
      if (/^(NOSCRIPT|ERR AUTH)/.test(error.message)) return false;
      cause = error.message;
      isRefused = true;
      return true;
    },
  });
  const first = new RateLimiterRedis({ storeClient: client, keyPrefix: PREFIX, points: 1e9, duration: 60 });
  let isUp: boolean | undefined;
  const tell = (isUpNow: boolean) => {
    if (isUp === isUpNow || isClosed) return;
    isUp = isUpNow;
    onState(isUpNow ? 'counts' : 'away', isUpNow ? undefined : cause);
    // What the next failure is, unless an error says more.
    cause = 'the connection was closed';
  };
  client.on('error', (error: unknown) => {
    cause = messageOf(error);
  });
  const attempted = new Promise<void>((resolve) => {
    client.on('ready', () => {
      isRefused = false;
      first
        .consume('first')
        .then(
          () => isRefused || tell(true),
          () => client.disconnect(true),
        )
        .finally(resolve);
    });
    client.on('close', () => {
      tell(false);
      resolve();
    });
  });
  client.connect().catch(() => {});
  await Promise.race([attempted, setTimeout(CONNECT_MS, undefined, { ref: false })]);
  if (isUp === undefined) tell(false);

  return {
    createRate: (options) => {
      const { name, points, seconds } = options;
      const insurance = createRateLimiter(options);
      const shared = new RateLimiterRedis({
        storeClient: client,
        keyPrefix: `${PREFIX}:${name}`,
        points,
        duration: seconds,
      });
      /** Until its window ends, what is used up costs no more round trips. By the clock that nobody sets. */
      const usedUp = lazy(() => new LRUCache<string, true>({ max: MAX_USED_UP }));
      const countShared = (digest: string): Promise<unknown> => {
        if (usedUp().has(digest)) return Promise.reject({ msBeforeNext: usedUp().getRemainingTTL(digest) });
        return shared.consume(digest).catch((error: unknown) => {
          const ttl = msUntilNextPoint(error);
          if (ttl === undefined) return insurance.consume(digest);
          if (ttl > 0) usedUp().set(digest, true, { ttl });
          throw error;
        });
      };
      return {
        consume: (key) => (isUp ? countShared(digestOf(key)) : insurance.consume(digestOf(key))),
      };
    },
    close: async () => {
      isClosed = true;
      client.disconnect();
    },
  };
}

const PREFIX = 'boxbridge';

/** A key has an api_key or an address, which are no business of whoever reads the Valkey. */
function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}

function optionsOf(url: string) {
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  return {
    // Both, each time.
    family: 0,
    familyFallback: { enabled: false },
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 6379),
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
    db: Number(pathname.slice(1)),
    ...(/^(valkeys|rediss):$/.test(protocol) && { tls: {} }),
  };
}
