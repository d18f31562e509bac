import type { Application } from '../applications/application.js';
import type { Fields } from '../core/answer.js';
import type { Store } from '../store/store.js';
import type { Sessions } from '../vault/sessions.js';
import type { Tickets } from '../vault/tickets.js';

/** What decides whether an action is possible at all. */
export type Capabilities = Pick<Application, 'api' | 'credentials'>;

/** What handlers work with, for every application. */
export interface HandlerServices {
  readonly store: Store;
  readonly sessions: Sessions;
  readonly tickets: Tickets;
}

/** One call of an action. */
export interface HandlerContext extends HandlerServices {
  readonly application: Application;
  /** The action's parameters; an optional one that is absent has no entry. */
  readonly values: Readonly<Record<string, string>>;
}

/** Performs an action and gives the elements after the status. Throws a Fault for everything but success. */
export type Handler = (context: HandlerContext) => Promise<Fields>;
