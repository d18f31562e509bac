import type { Application } from '../applications/application.js';
import { type Action, type ActionName, actions, hasPrefixed, isAction, isKnown } from '../core/actions.js';
import type { Fields } from '../core/answer.js';
import { type Call, singleValue } from '../core/call.js';
import { Fault } from '../core/fault.js';
import { hideFrom } from '../core/secrets.js';
import type { Scope } from '../shared/scope.js';
import type { HandlerContext, HandlerServices } from './handler.js';
import { handlers } from './handlers.js';

/** The caller of a call, as its api_key identifies it. */
interface Caller {
  readonly address: string;
  /** Undefined where the call has none. */
  readonly apiKey: string | undefined;
  /** Undefined where the api_key is absent or unknown. */
  readonly application: Application | undefined;
  readonly scope: Scope;
}

/** Performs a call and gives the elements after the status. Throws a Fault for everything but success. */
export type Dispatcher = (call: Call, caller: Caller) => Promise<Fields>;

/** The order of the checks is contract: action, api_key, application, permission and capability, parameters. */
export function createDispatcher(services: HandlerServices): Dispatcher {
  return async ({ action, parameters }, { address, apiKey, application, scope }) => {
    if (!isKnown(action)) throw new Fault('malformed', { explanation: 'unknown action' });
    if (apiKey === undefined) throw new Fault('malformed', { explanation: 'no api_key' });
    const isAllowed = application?.actions?.includes(action) ?? true;
    if (!application || !isAction(action) || !isAllowed) throw new Fault('restricted');
    const api = application.connect(scope);
    const handler = handlers[action]({ api, credentials: application.credentials });
    if (!handler) throw new Fault('restricted');
    const { store, sessions, tickets, trials, limitTickets } = services;
    const values = valuesOf(action, parameters);
    const given = { store, sessions, tickets, trials, limitTickets, address, application, api, values };
    const result = await handler(given);
    return hideFrom(Object.values(values), scope.secrets, result);
  };
}

function valuesOf(action: ActionName, parameters: Call['parameters']): HandlerContext['values'] {
  const { parameters: declared, prefix }: Action = actions[action];
  const values: Record<string, string> = {};
  for (const [name, presence] of Object.entries(declared)) {
    const value = singleValue(parameters, name);
    if (value !== undefined) values[name] = value;
    else if (presence === 'required') throw new Fault('malformed', { explanation: `no ${name}` });
  }
  if (prefix === undefined) return values;
  for (const name of parameters.keys()) {
    const value = hasPrefixed(action, name) ? singleValue(parameters, name) : undefined;
    if (value !== undefined) values[name] = value;
  }
  return values;
}
