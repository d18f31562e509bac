import { type Call, singleValue } from '../core/call.js';
import { Fault } from '../core/fault.js';

/** Names of parameters in the oldest documents of the API. */
const parameterAliases: ReadonlyMap<string, string> = new Map([['sid', 'auth_token']]);

type Pair = readonly [name: string, value: string];

/** No old client sends a tenth. What decodes a parameter costs more than to read it: a hostile request is cheap to write. */
export const MAX_PARAMETERS = 256;

/**
 * The parameters of a request, as they are read. Throws a `malformed` Fault for the first that is too many: the others are
 * neither read nor decoded.
 */
export function* withinLimit<T extends Pair>(pairs: Iterable<T>): Generator<T, void> {
  let count = 0;
  for (const pair of pairs) {
    count += 1;
    if (count > MAX_PARAMETERS) throw new Fault('malformed', { explanation: `more than ${MAX_PARAMETERS} parameters` });
    yield pair;
  }
}

/** The name that a parameter has today. */
export function parameterName(sentName: string): string {
  return parameterAliases.get(sentName) ?? sentName;
}

/**
 * The parameters of a request by name; a repeated name has all its values, in order. Throws a `malformed` Fault for more
 * than 256.
 */
export function collectParameters(pairs: Iterable<Pair>): Map<string, string[]> {
  const parameters = new Map<string, string[]>();
  for (const [sentName, value] of withinLimit(pairs)) {
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
