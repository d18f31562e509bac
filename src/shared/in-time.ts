import { Fault } from '../core/fault.js';
import { startTimer } from './timer.js';

/** The result of work; rejects as `unavailable` for this cause where it does not settle in so many milliseconds. It goes on. */
export async function inTime<Result>(work: () => Promise<Result>, timeoutMs: number, cause: string): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    timer = startTimer(() => reject(new Fault('unavailable', { cause: new Error(cause) })), timeoutMs);
  });
  try {
    return await Promise.race([work(), over]);
  } finally {
    clearTimeout(timer);
  }
}
