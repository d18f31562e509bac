import { type Call, singleValue } from '../core/call.js';
import { Fault } from '../core/fault.js';

/** Names that the oldest documents give a parameter. */
const parameterAliases: ReadonlyMap<string, string> = new Map([['sid', 'auth_token']]);

/** The parameters of a request in any protocol by name; the values of a repeated name stay together, in order. */
export function collectParameters(pairs: Iterable<readonly [name: string, value: string]>): Map<string, string[]> {
  const parameters = new Map<string, string[]>();
  for (const [written, value] of pairs) {
    const name = parameterAliases.get(written) ?? written;
    const values = parameters.get(name);
    if (values) values.push(value);
    else parameters.set(name, [value]);
  }
  return parameters;
}

/** The call that `action=…` names among the parameters, as in REST and XML. Throws a `malformed` Fault without one. */
export function toCall(parameters: Map<string, string[]>): Call {
  const action = singleValue(parameters, 'action');
  if (action === undefined) throw new Fault('malformed', { explanation: 'no action' });
  parameters.delete('action');
  return { action, parameters };
}
