import type { Application } from '../applications/application.js';
import type { Fields } from '../core/answer.js';
import type { Provider } from '../providers/provider.js';
import type { Scope } from '../shared/scope.js';
import type { Store } from '../store/store.js';
import type { Sessions } from '../vault/sessions.js';
import type { Tickets } from '../vault/tickets.js';
import type { Trials } from '../vault/trials.js';
import type { LimitTickets } from './rate-limit.js';

/** What determines whether an action is possible for an application. */
export interface Capabilities extends Pick<Application, 'credentials'> {
  readonly api: Provider;
}

/** The services that all handlers share. */
export interface HandlerServices {
  readonly store: Store;
  readonly sessions: Sessions;
  readonly tickets: Tickets;
  readonly trials: Trials;
  readonly limitTickets: LimitTickets;
}

/** The input of a handler: one call. */
export interface HandlerContext extends HandlerServices {
  readonly application: Application;
  /** The caller's address. */
  readonly address: string;
  readonly scope: Scope;
  /** Its modern API, for this call. */
  readonly api: Provider;
  /** The values of the action's parameters; an absent optional parameter has no entry. */
  readonly values: Readonly<Record<string, string>>;
}

/** Performs an action and gives the elements after the status. Throws a Fault for everything but success. */
export type Handler = (context: HandlerContext) => Promise<Fields>;
