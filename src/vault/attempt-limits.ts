import type { Store } from '../store/store.js';

const WINDOW_SECONDS = 15 * 60;
const WRONG_PER_TICKET = 10;
const WRONG_PER_ADDRESS = 100;

/** Bounds how often a wrong secret can be tried: per ticket and per address. */
export interface AttemptLimits {
  /** Takes one attempt on a ticket from an address; false where none is left. */
  readonly take: (ticket: string, address: string) => Promise<boolean>;
  /** Gives back an attempt that was not a wrong one. */
  readonly giveBack: (ticket: string, address: string) => Promise<void>;
  /** Drops the count of a ticket that takes no more attempts. */
  readonly forget: (ticket: string) => Promise<void>;
}

export function createAttemptLimits({ attempts }: Pick<Store, 'attempts'>): AttemptLimits {
  const ofTicket = attempts({ name: 'ticket', max: WRONG_PER_TICKET, seconds: WINDOW_SECONDS });
  const ofAddress = attempts({ name: 'address', max: WRONG_PER_ADDRESS, seconds: WINDOW_SECONDS });
  return {
    take: async (ticket, address) => {
      // Each ticket is remembered for the window: an address that has no attempt left MUST NOT name any more of them.
      if (!(await ofAddress.take(address))) return false;
      if (await ofTicket.take(ticket)) return true;
      await ofAddress.giveBack(address);
      return false;
    },
    giveBack: async (ticket, address) => {
      await ofTicket.giveBack(ticket);
      await ofAddress.giveBack(address);
    },
    forget: ofTicket.forget,
  };
}
