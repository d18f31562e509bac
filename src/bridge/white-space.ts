import type { Application } from '../applications/application.js';
import type { Call } from '../core/call.js';
import type { Reason } from '../core/fault.js';

/** The secret that is not recognised where a call fails for a reason. */
const unrecognised: Partial<Record<Reason, string>> = {
  restricted: 'api_key',
  unauthenticated: 'auth_token',
  missing: 'ticket',
};

/**
 * White space around the secret that made a call fail, as a cause for the log: it is hard to see in the configuration of
 * an old program. Undefined where there is none. It has no value that the caller sent.
 */
export function whiteSpaceCause(
  reason: Reason,
  parameters: Call['parameters'] | undefined,
  application: Application | undefined,
): Error | undefined {
  // With an application its api_key is recognised.
  const name = reason === 'restricted' && application ? undefined : unrecognised[reason];
  const values = name === undefined ? undefined : parameters?.get(name);
  return values?.some((value) => value !== value.trim()) ? new Error(`white space around the ${name}`) : undefined;
}
