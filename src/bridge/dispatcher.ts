import type { Application } from '../applications/application.js';
import { type ActionName, actions, isAction, isKnown } from '../core/actions.js';
import { type Call, type Fields, single } from '../core/call.js';
import { Fault } from '../core/fault.js';
import { type BridgeTools, deeds, type Means, type Task } from './handlers.js';

/** Whether an action is possible with these means. */
export function can(action: ActionName, means: Means): boolean {
  return deeds[action](means) !== undefined;
}

/**
 * Performs a call for its application (undefined where the call names none, or one that does not exist) and gives what
 * follows the status. Throws a Fault for everything but success.
 */
export type Bridge = (call: Call, application: Application | undefined) => Promise<Fields>;

export function createBridge(tools: BridgeTools): Bridge {
  return async ({ action, parameters }, application) => {
    if (!isKnown(action)) throw new Fault('malformed', { explanation: 'unknown action' });
    if (single(parameters, 'api_key') === undefined) throw new Fault('malformed', { explanation: 'no api_key' });
    const allowed = application?.actions ?? [action];
    const deed = application && isAction(action) && allowed.includes(action) && deeds[action](application);
    if (!deed) throw new Fault('restricted');
    return deed({ ...tools, application, values: valuesOf(action, parameters) });
  };
}

function valuesOf(action: ActionName, parameters: Call['parameters']): Task['values'] {
  const values: Record<string, string> = {};
  for (const [name, presence] of Object.entries(actions[action].parameters)) {
    const value = single(parameters, name);
    if (value !== undefined) values[name] = value;
    else if (presence === 'required') throw new Fault('malformed', { explanation: `no ${name}` });
  }
  return values;
}
