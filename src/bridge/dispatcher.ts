import type { Application } from '../applications/application.js';
import { type ActionName, actions, isAction, isKnown } from '../core/actions.js';
import type { Fields } from '../core/answer.js';
import { type Call, singleValue } from '../core/call.js';
import { Fault } from '../core/fault.js';
import type { HandlerContext, HandlerServices } from './handler.js';
import { handlers } from './handlers.js';

/**
 * Performs a call for its application (undefined where its api_key is absent or in no application) and gives the
 * elements after the status. Throws a Fault for everything but success.
 */
export type Dispatcher = (call: Call, application: Application | undefined) => Promise<Fields>;

/** The order of its checks is the contract: action, api_key, application, permission and capability, parameters. */
export function createDispatcher(services: HandlerServices): Dispatcher {
  return async ({ action, parameters }, application) => {
    if (!isKnown(action)) throw new Fault('malformed', { explanation: 'unknown action' });
    if (singleValue(parameters, 'api_key') === undefined) throw new Fault('malformed', { explanation: 'no api_key' });
    const allowed = application?.actions ?? [action];
    const handler = application && isAction(action) && allowed.includes(action) && handlers[action](application);
    if (!handler) throw new Fault('restricted');
    const { store, sessions, tickets } = services;
    return handler({ store, sessions, tickets, application, values: valuesOf(action, parameters) });
  };
}

function valuesOf(action: ActionName, parameters: Call['parameters']): HandlerContext['values'] {
  const values: Record<string, string> = {};
  for (const [name, presence] of Object.entries(actions[action].parameters)) {
    const value = singleValue(parameters, name);
    if (value !== undefined) values[name] = value;
    else if (presence === 'required') throw new Fault('malformed', { explanation: `no ${name}` });
  }
  return values;
}
