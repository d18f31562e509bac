import { hasParameter, hasPrefixed, isAction, isKnown } from '../core/actions.js';
import type { Call } from '../core/call.js';
import { httpErrors } from '../core/error-mapping.js';
import type { Fault } from '../core/fault.js';

/** Something that a caller asked for in vain. Its name is one of the old API, or `other`: no text of the caller's. */
export interface Unserved {
  readonly kind: 'action' | 'path' | 'parameter';
  readonly name: string;
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

/** What a request at `target` asked for in vain: a path, an action, or parameters of a served action. */
export function unservedIn(call: Call | undefined, failure: Fault | undefined, target: string): readonly Unserved[] {
  if (failure?.http === httpErrors.notFound) return [{ kind: 'path', name: oldPathOf(target) }];
  if (!call) return NOTHING;
  const { action, parameters } = call;
  if (!isAction(action)) return [{ kind: 'action', name: isKnown(action) ? action : OTHER }];
  let unserved: Unserved[] | undefined;
  for (const name of parameters.keys()) {
    if (hasParameter(action, name) || name === 'api_key' || hasPrefixed(action, name)) continue;
    unserved ??= [];
    unserved.push({ kind: 'parameter', name: oldParameterOf(name) });
  }
  return unserved ?? NOTHING;
}

const NOTHING: readonly Unserved[] = [];

function oldPathOf(target: string): string {
  const [, segment = ''] = /^\/api\/1\.0\/([^/?#]*)/i.exec(target) ?? [];
  const name = segment.toLowerCase();
  return oldPaths.has(name) ? name : OTHER;
}

/** Arrays are sent as `params[]`, `params[0]` or `params`. */
function oldParameterOf(sent: string): string {
  const name = sent.replace(/\[\d{0,3}\]$/, '');
  return oldParameters.has(name) ? name : OTHER;
}
