import { RateLimiterMemory } from 'rate-limiter-flexible';

const WINDOW_SECONDS = 15 * 60;
const WRONG_PER_TICKET = 10;
const WRONG_PER_ADDRESS = 100;

/** Bounds how often a wrong secret can be tried. */
export interface TryLimits {
  /** Takes one try of a ticket from an address; false where there is none left. */
  readonly take: (ticket: string, address: string) => Promise<boolean>;
  /** Gives back a try that was not a wrong one. */
  readonly giveBack: (ticket: string, address: string) => Promise<void>;
}

export function createTryLimits(): TryLimits {
  const ofTicket = new RateLimiterMemory({ points: WRONG_PER_TICKET, duration: WINDOW_SECONDS });
  const ofAddress = new RateLimiterMemory({ points: WRONG_PER_ADDRESS, duration: WINDOW_SECONDS });
  /** A try that is refused is none: the limiter counts it, so it is taken back. */
  const taken = (limiter: RateLimiterMemory, key: string) =>
    limiter.consume(key).then(
      () => true,
      () => limiter.reward(key).then(() => false),
    );
  return {
    take: async (ticket, address) => {
      if (!(await taken(ofTicket, ticket))) return false;
      if (await taken(ofAddress, address)) return true;
      await ofTicket.reward(ticket);
      return false;
    },
    giveBack: async (ticket, address) => {
      await ofTicket.reward(ticket);
      await ofAddress.reward(address);
    },
  };
}
