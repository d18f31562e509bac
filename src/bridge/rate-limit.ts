import { hash } from 'node:crypto';
import type { Application } from '../applications/application.js';
import { httpErrors } from '../core/error-mapping.js';
import { Fault } from '../core/fault.js';
import { type CreateRate, msUntilNextPoint, type Rate } from '../shared/rate-limiter.js';

export const MINUTE_SECONDS = 60;

/**
 * Counts a request of this key. Rejects with HTTP 429 beyond the limit. Fails open: if the rate cannot be counted, the
 * request is admitted.
 */
export async function consume(rate: Rate, key: string): Promise<void> {
  await rate.consume(boundedKey(key)).catch((error: unknown) => {
    const ms = msUntilNextPoint(error);
    if (ms === undefined) return;
    throw new Fault('unavailable', {
      http: httpErrors.tooManyRequests,
      explanation: 'too many calls in a minute',
      // What counts may reckon with a clock that was set.
      retryAfter: Math.min(Math.max(1, Math.ceil(ms / 1000)), MINUTE_SECONDS),
    });
  });
}

/** The longest key that is counted as it is; longer than an api_key and an address of IPv6. */
const MAX_KEY_LENGTH = 128;

/** A key is remembered for the window, and to a bridge that trusts it, a caller's X-Forwarded-For may name any text. */
function boundedKey(key: string): string {
  return key.length > MAX_KEY_LENGTH ? hash('sha256', key) : key;
}

/** Counts a ticket that an address asks for with an api_key. Rejects with HTTP 429 beyond the limit. */
export type LimitTickets = (application: Pick<Application, 'apiKey'>, address: string) => Promise<void>;

/** Each ticket is a row of the store until it expires, and whoever knows an api_key can ask for one. */
export function createTicketLimit(perMinute: number, createRate: CreateRate): LimitTickets {
  const rate = createRate({ name: `tickets, ${perMinute}`, points: perMinute, seconds: MINUTE_SECONDS });
  return ({ apiKey }, address) => consume(rate, `${apiKey} ${address}`);
}
