import { randomToken } from './random-token.js';
import type { Sealer } from './seal.js';

/** The states that browsers carry to a vendor and back: each names its ticket, to nobody but this bridge. */
export interface States {
  /** A new one for a ticket. */
  readonly make: (ticket: string) => { readonly state: string; readonly nonce: string };
  /** What a state was made with; undefined where this bridge has not made it. */
  readonly read: (state: string) => { readonly ticket: string; readonly nonce: string } | undefined;
}

const KIND = 'state';

export function createStates({ seal, unseal }: Sealer): States {
  return {
    make: (ticket) => {
      const nonce = randomToken();
      return { state: seal(KIND, '', [], `${nonce} ${ticket}`).toString('base64url'), nonce };
    },
    read: (state) => {
      const text = unseal(KIND, '', [], Buffer.from(state, 'base64url'));
      const [nonce, ticket] = text?.split(' ', 2) ?? [];
      return nonce === undefined || ticket === undefined ? undefined : { ticket, nonce };
    },
  };
}
