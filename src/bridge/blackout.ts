import type { Application } from '../applications/application.js';
import { Fault } from '../core/fault.js';

/** Throws an `unavailable` Fault until the end of a blackout of the application, at a time in milliseconds since 1970. */
export function refuseInBlackout(application: Pick<Application, 'blackout'> | undefined, now: number): void {
  const current = application?.blackout?.find(({ from, to }) => from <= now && now < to);
  if (!current) return;
  throw new Fault('unavailable', {
    explanation: 'out of service, as announced',
    retryAfter: Math.ceil((current.to - now) / 1000),
    cause: `the blackout ${current.text}`,
  });
}
