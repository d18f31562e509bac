import type { Application } from '../applications/application.js';
import { type Action, type ActionName, actions, hasPrefixed, isAction, isKnown } from '../core/actions.js';
import type { Fields } from '../core/answer.js';
import { type Call, singleValue } from '../core/call.js';
import { Fault } from '../core/fault.js';
import { hideFrom } from '../core/secrets.js';
import { cleaned } from '../shared/clean.js';
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
    if (!isKnown(action)) throw new Fault('malformed', { explanation: 'unknown action', cause: quoted(action) });
    if (apiKey === undefined) throw new Fault('malformed', { explanation: 'no api_key' });
    if (!application) throw restricted(`no application has this api_key, which begins with ${quoted(apiKey, 4)}`);
    if (!isAction(action)) throw restricted(`no modern API can do ${action}`);
    if (application.actions?.includes(action) === false) throw restricted(`${action} is not among its actions`);
    const api = application.connect(scope);
    const { credentials, provider } = application;
    const handler = handlers[action]({ api, credentials });
    if (!handler) {
      const isOfVault = handlers[action]({ api, credentials: 'vault' }) !== undefined;
      throw restricted(isOfVault ? `${action} needs credentials: vault` : `${provider} cannot do ${action}`);
    }
    const { store, sessions, tickets, trials, limitTickets } = services;
    const values = valuesOf(action, parameters);
    const given = { store, sessions, tickets, trials, limitTickets, address, application, scope, api, values };
    const result = await handler(given);
    return hideFrom(Object.values(values), scope.secrets, result);
  };
}

/** What a stranger sent, for the log. */
const quoted = (text: string, length = 40) => JSON.stringify(cleaned(text, length));

const restricted = (cause: string) => new Fault('restricted', { cause });

function valuesOf(action: ActionName, parameters: Call['parameters']): HandlerContext['values'] {
  const { parameters: declared, prefix }: Action = actions[action];
  const values: Record<string, string> = {};
  for (const [name, presence] of Object.entries(declared)) {
    const value = singleValue(parameters, name);
    if (value !== undefined) values[name] = value;
    else if (presence === 'required') {
      const cause = parameters.has(name) ? 'it is empty' : undefined;
      throw new Fault('malformed', { explanation: `no ${name}`, cause });
    }
  }
  if (prefix === undefined) return values;
  for (const name of parameters.keys()) {
    const value = hasPrefixed(action, name) ? singleValue(parameters, name) : undefined;
    if (value !== undefined) values[name] = value;
  }
  return values;
}
