import { hasParameter, hasPrefixed, isAction, isKnown } from '../core/actions.js';
import type { Call } from '../core/call.js';
import { httpErrors } from '../core/error-mapping.js';
import type { Fault, Reason } from '../core/fault.js';

/** Something that a caller asked for in vain. */
export interface Unserved {
  /** `envelope` is a request in which no call can be read. */
  readonly kind: 'action' | 'path' | 'parameter' | 'envelope';
  /** One of a fixed set, or `other`: no text of the caller's. */
  readonly name: string;
  /** The same as the caller spells it, where that cannot be a secret. */
  readonly spelt: string;
}

const OTHER = 'other';

/** The first segments of the paths of the old API below `/api/1.0/` that move files. */
const oldPaths: ReadonlySet<string> = new Set(['download', 'import', 'new_copy', 'overwrite', 'upload']);

/** Parameters of the old API's actions on files and folders, which old programs also send to others. */
const oldParameters: ReadonlySet<string> = new Set(
  `collab_id comment_id description destination_id emails enabled file_id folder_id item_ids item_roles message
   new_name notify onelevel params parent_id per_page page query role share tags target target_id text url user_ids
   version`.split(/\s+/),
);

/** A request after its answer is known. */
interface AnsweredRequest {
  /** Undefined where none could be read. */
  readonly call: Call | undefined;
  /** Why HTTP rejects the request. */
  readonly failure: Fault | undefined;
  readonly target: string;
  /** Undefined on success. */
  readonly reason: Reason | undefined;
}

/** What a request asked for in vain: a path, an envelope, an action, or parameters of a served action. */
export function unservedIn({ call, failure, target, reason }: AnsweredRequest): readonly Unserved[] {
  if (failure?.http === httpErrors.notFound) return [fixed('path', oldPathOf(target))];
  if (!call) return reason === 'malformed' ? [fixed('envelope', envelopeOf(failure))] : NOTHING;
  const { action, parameters } = call;
  if (!isAction(action)) return [isKnown(action) ? fixed('action', action) : strange('action', action)];
  let unserved: Unserved[] | undefined;
  for (const [name, values] of parameters) {
    if (hasParameter(action, name) || name === 'api_key' || hasPrefixed(action, name)) continue;
    unserved ??= [];
    unserved.push(unservedParameter(name, values));
  }
  return unserved ?? NOTHING;
}

const NOTHING: readonly Unserved[] = [];

function fixed(kind: Unserved['kind'], name: string): Unserved {
  return { kind, name, spelt: name };
}

/** Of a name that is in no set; words of letters are kept as they are, which keys and tokens are not. */
function strange(kind: Unserved['kind'], sent: string): Unserved {
  return { kind, name: OTHER, spelt: WORDS.test(sent) ? sent : OTHER };
}

const WORDS = /^(?=.{1,32}$)[a-z]{1,20}([_.][a-z]{1,20})*$/i;

function envelopeOf(failure: Fault | undefined): string {
  return failure?.http === undefined ? 'no call' : `HTTP ${failure.http}`;
}

function oldPathOf(target: string): string {
  const [, segment = ''] = /^\/api\/1\.0\/([^/?#]*)/i.exec(target) ?? [];
  const name = segment.toLowerCase();
  return oldPaths.has(name) ? name : OTHER;
}

/** Arrays are sent as `params[]`, `params[0]` or `params`. */
function unservedParameter(sent: string, values: readonly string[]): Unserved {
  const name = sent.replace(/\[\d{0,3}\]$/, '');
  if (oldParameters.has(name)) return fixed('parameter', name);
  // Without a value it may be a value itself, behind a stray separator.
  return values.every((value) => value === '') ? fixed('parameter', OTHER) : strange('parameter', name);
}
