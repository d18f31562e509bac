import { type Call, singleValue } from '../core/call.js';
import { Fault } from '../core/fault.js';

/** Names of parameters in the oldest documents of the API. */
const parameterAliases: ReadonlyMap<string, string> = new Map([['sid', 'auth_token']]);

/** The name that a parameter has today. */
export function parameterName(sentName: string): string {
  return parameterAliases.get(sentName) ?? sentName;
}

/** The parameters of a request by name; a repeated name has all its values, in order. */
export function collectParameters(pairs: Iterable<readonly [name: string, value: string]>): Map<string, string[]> {
  const parameters = new Map<string, string[]>();
  for (const [sentName, value] of pairs) {
    const name = parameterName(sentName);
    const values = parameters.get(name);
    if (values) values.push(value);
    else parameters.set(name, [value]);
  }
  return parameters;
}

/** The call whose action is the parameter `action`, as in REST and XML. Throws a `malformed` Fault without one. */
export function toCall(parameters: Map<string, string[]>): Call {
  const action = singleValue(parameters, 'action');
  if (action === undefined) throw new Fault('malformed', { explanation: 'no action' });
  parameters.delete('action');
  return { action, parameters };
}
