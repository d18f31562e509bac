import { faultIn } from './failures.js';

/** How the library has the code of a device: times in seconds. */
interface Code {
  readonly expires_in: number;
  readonly interval?: number;
}

/** How often a device asks unless its vendor says, in seconds. */
const INTERVAL = 5;

/**
 * Waits with `poll` for a user of a device. While the vendor is down it asks on, each time half as often, until the code
 * ends: https://www.rfc-editor.org/rfc/rfc8628#section-3.5.
 */
export async function pollThroughOutages<Given, Known extends Code>(
  poll: (code: Known) => Promise<Given>,
  code: Known,
): Promise<Given> {
  const endsAt = performance.now() + code.expires_in * 1000;
  for (let interval = code.interval ?? INTERVAL; ; interval *= 2) {
    const left = Math.ceil((endsAt - performance.now()) / 1000);
    try {
      return await poll({ ...code, interval, expires_in: left });
    } catch (error) {
      if (faultIn(error)?.reason !== 'unavailable' || performance.now() >= endsAt) throw error;
    }
  }
}
