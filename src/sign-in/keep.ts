import type { Application } from '../applications/application.js';
import type { Store } from '../store/store.js';
import type { Tickets } from '../vault/tickets.js';
import type { Trials } from '../vault/trials.js';

type Account = Pick<
  Awaited<ReturnType<ReturnType<Application['connect']>['readAccount']>>,
  'nativeId' | 'proposedUserId' | 'login'
>;

/** Seals a credential that the modern API accepts under the ticket. Gives the auth_token of a redirect. */
export type Keep = (
  ticket: string,
  application: Application,
) => (account: Account, credential: string) => Promise<{ authToken: string | undefined; login: string }>;

export function createKeep(store: Store, tickets: Tickets, trials: Trials): Keep {
  return (ticket, { provider, baseUrl }) =>
    async ({ nativeId, proposedUserId, login }, credential) => {
      const userId = await store.userId({ provider, baseUrl, nativeId, proposedUserId });
      const authToken = await tickets.signIn(ticket, credential, userId, login);
      // Fails open: the count expires by itself.
      await trials.forget(ticket).catch(() => {});
      return { authToken, login };
    };
}
