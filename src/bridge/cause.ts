import type { Application } from '../applications/application.js';
import type { Call } from '../core/call.js';
import type { Fault, Reason } from '../core/fault.js';
import { messageOf } from '../shared/errors.js';

/** The secret that is not recognised where a call fails for a reason. */
const unrecognised: Partial<Record<Reason, string>> = {
  restricted: 'api_key',
  unauthenticated: 'auth_token',
  missing: 'ticket',
};

/**
 * Why a call failed, for the log alone: what its Fault tells the caller, and what it does not. White space around the
 * secret that was not recognised comes first: it is hard to see in the configuration of an old program.
 */
export function causeOf(
  { reason, explanation, cause }: Fault,
  parameters: Call['parameters'] | undefined,
  application: Application | undefined,
): unknown {
  const name = unrecognisedWithWhiteSpace(reason, parameters, application);
  if (name !== undefined) return `white space around the ${name}`;
  // A defect is an error with a stack.
  if (explanation === undefined || cause === undefined) return cause ?? explanation;
  return `${explanation}: ${messageOf(cause)}`;
}

function unrecognisedWithWhiteSpace(
  reason: Reason,
  parameters: Call['parameters'] | undefined,
  application: Application | undefined,
): string | undefined {
  // With an application its api_key is recognised.
  const name = reason === 'restricted' && application ? undefined : unrecognised[reason];
  const values = name === undefined ? undefined : parameters?.get(name);
  return values?.some((value) => value !== value.trim()) ? name : undefined;
}
