import { providersChanging, providersFor } from '../bridge/capabilities.js';
import type { ApplicationConfig, Config } from '../config/config.js';
import { actionNames, actions, isAction } from '../core/actions.js';
import type { Exchange } from '../core/exchange.js';
import type { MaskedExchange } from '../observability/masked-exchange.js';
import { providers } from '../providers/index.js';
import { nearest } from '../shared/nearest.js';
import { adviceOnMessages } from './advice-on-messages.js';
import { applicationOf } from './assumptions.js';
import { isPlayed } from './recorder.js';

/** What a request was examined with. */
export interface Circumstances {
  readonly config: Config;
  readonly isLive: boolean;
}

/** A call without success, as far as advice looks at it. */
interface Failed extends Circumstances {
  readonly call: Exchange['call'];
  readonly application: ApplicationConfig | undefined;
}

type Advise = (failed: Failed, ...matched: readonly string[]) => string;

/** What to do about calls, by the cause in the log. What is matched holds no secret. */
const adviceOnCalls: readonly (readonly [cause: RegExp, advise: Advise])[] = [
  [
    /^white space around the (\w+)/,
    (_failed, name) => `take the blanks and line ends around the ${name} out of the settings of the old program`,
  ],
  [/^no application has this api_key/, keysThereAre],
  [/^no api_key/, () => 'enter an api_key in the old program: each has one, and the configuration says where it goes'],
  [/^no action$/, () => `send \`action\`: one of ${actionNames.join(', ')}`],
  [/^unknown action/, actionMeant],
  [
    /^no modern API can do (\w+)/,
    (_failed, action) => `leave ${action} out of what the program does: modern account APIs have no files`,
  ],
  [
    /^(\w+) is not among its actions$/,
    (failed, action) => `add ${action} to \`actions\` of ${nameOf(failed)}, or leave \`actions\` out`,
  ],
  [
    /^(\w+) needs credentials: vault$/,
    (failed) => `set \`credentials: vault\` in ${nameOf(failed)}: only then there are tickets`,
  ],
  [
    /^\S+ cannot do (\w+)$/,
    (failed, action = '') => `leave ${action} out, or let ${nameOf(failed)} go to ${providersThatCan(action)}`,
  ],
  [
    /^\S+ cannot change (.+)$/,
    (_failed, fields = '') => `leave ${fields} out of the call: ${providersThatChange(fields)}`,
  ],
  [/^two different values for (\w+)$/, (_failed, name) => `send ${name} once`],
  [
    /^no session has this auth_token/,
    () => "let the user sign in anew, or give the program's auth_token to `boxbridge tokens add`",
  ],
  [/^the auth_token is older/, (failed) => `let the user sign in anew, or raise \`token_days\` of ${nameOf(failed)}`],
  [
    /^a (?:session|ticket) with a broken seal/,
    () => 'restore the key that the store was sealed with, or let the users sign in anew',
  ],
  [
    /^(?:no such ticket|the ticket has expired|another call spent)/,
    () => 'get a new ticket, and redeem it once within 15 minutes',
  ],
  [/^the ticket is of another/, () => 'redeem a ticket with the api_key that it was asked for with'],
  [/^nobody has signed in/, () => 'let the user sign in at /api/1.0/auth/ and the ticket before get_auth_token'],
  [/^no account of this modern API/, () => 'send a user_id that the bridge has given, or none for the own account'],
  [/^the user_id is another's/, () => 'leave user_id out: this modern API shows the own account alone'],
  [/^user_id is not a number/, () => 'send the user_id in digits, or none for the own account'],
  [/^nothing to change/, () => 'send what to change: name, login, email, language_code or meta.NAME'],
  [/^new_password and/, () => 'send the same new password twice, or leave out new_password_confirmation'],
  [/^a bracket in the name/, () => 'leave [ and ] out of the names of meta values'],
  [
    /^a credential that no header/,
    () => 'enter the token of the modern API as its auth_token: this has characters that none has',
  ],
  [/^no (\w+)/, parameterMissing],
  [/^too many wrong tries/, () => 'wait for 15 minutes, and enter the right secret'],
  [/^too many calls/, () => 'wait for a moment, or raise `rate` and `limits` of the configuration'],
  [/^the bridge is stopping/, () => 'call again once the bridge has started anew'],
  [/^reply 401/, (failed) => `enter a valid ${credentialOf(failed)}: the modern API refuses this one`],
  [/^reply 403/, (failed) => `give this ${credentialOf(failed)} the permission in the modern API, or take another`],
  [/^reply (?:429|503)/, () => 'wait: the modern API has too much to do'],
  [/^reply 4/, () => 'change the values as the modern API says'],
  [/^reply/, (failed) => `look at ${urlOf(failed)}: that is no answer of this API; check \`base_url\``],
  [
    /\((?:ENOTFOUND|EAI_AGAIN)\)$|^ECONNREFUSED$/,
    (failed) => `check \`base_url\` of ${nameOf(failed)}: nothing answers at ${urlOf(failed)}`,
  ],
];

/** What to change for a call to be answered, in words without a secret; empty where it is. */
export function adviceFor(exchange: Exchange, { cause = '' }: MaskedExchange, circumstances: Circumstances): string[] {
  const { answer, call } = exchange;
  if (answer.reason === undefined) return [];
  const application = call && applicationOf(call, circumstances.config.applications);
  const failed = { ...circumstances, call, application };
  if (answer.reason === 'internal')
    return ['report the defect, with the stack that `boxbridge serve` logs for this request'];
  if (application && !circumstances.isLive && exchange.upstream.length > 0 && !isPlayed(application.provider)) {
    return [`use --live: the recorder does not play ${application.provider}, and only the API itself can tell`];
  }
  if (isWithoutLength(exchange.request)) {
    return ['send Content-Length, or Transfer-Encoding: without one, what follows the head is no body'];
  }
  for (const [pattern, advice] of adviceOnMessages) if (pattern.test(cause)) return [advice];
  for (const [pattern, advise] of adviceOnCalls) {
    const [matched, ...groups] = pattern.exec(cause) ?? [];
    if (matched !== undefined) return [advise(failed, ...groups)];
  }
  return [answer.reason === 'unavailable' ? `look whether ${urlOf(failed)} is up and reachable from here` : ASK];
}

/** Whether HTTP takes a request that has to have a body for one without: https://www.rfc-editor.org/rfc/rfc9112#section-6.3. */
function isWithoutLength({ method, headers, body }: Exchange['request']): boolean {
  const isLength = (name: string) => /^(?:content-length|transfer-encoding)$/i.test(name);
  // Of what never became a request, no header is known.
  const hasHead = headers.length > 0;
  return hasHead && method === 'POST' && body.length === 0 && !headers.some((text, n) => n % 2 === 0 && isLength(text));
}

const ASK = 'compare the call with docs/statuses.md';

function keysThereAre({ call, config: { applications } }: Failed): string {
  const shown = ({ name, apiKey }: ApplicationConfig) => `${name} (${apiKey.slice(0, 4)}…)`;
  const [sent = ''] = call?.parameters.get('api_key') ?? [];
  const meant = nearest(
    sent,
    applications.map(({ apiKey }) => apiKey),
  );
  const found = applications.find(({ apiKey }) => apiKey === meant);
  const near = found ? `; the nearest is that of ${shown(found)}: is it misspelt?` : '';
  return `give an application this api_key, or enter one of ${applications.map(shown).join(', ')}${near}`;
}

function actionMeant({ call }: Failed): string {
  const meant = nearest(call?.action ?? '', actionNames);
  return `${meant === undefined ? '' : `did you mean ${meant}? `}The actions are ${actionNames.join(', ')}`;
}

function parameterMissing({ call }: Failed, name = ''): string {
  const action = call && isAction(call.action) ? call.action : undefined;
  const taken = action ? Object.keys(actions[action].parameters).join(', ') : '';
  return `send ${name} with a value${action ? `: ${action} takes ${taken || 'no parameters'}` : ''}`;
}

function providersThatCan(action: string): string {
  const able = isAction(action) ? providersFor(action, providers) : [];
  return able.length === 0 ? 'a provider of your own' : listOf('disjunction', able);
}

function providersThatChange(fields: string): string {
  const able = providersChanging(fields.split(', '), providers);
  return able.length === 0 ? 'no modern API changes all of them' : `${listOf('conjunction', able)} can change them`;
}

function listOf(type: Intl.ListFormatType, names: readonly string[]): string {
  return new Intl.ListFormat('en-GB', { type }).format(names);
}

function nameOf({ application }: Failed): string {
  return application ? `the application ${application.name}` : 'the application';
}

function credentialOf({ application }: Failed): string {
  return providers.find(({ name }) => name === application?.provider)?.credential.name ?? 'credential';
}

function urlOf({ application }: Failed): string {
  return application?.baseUrl ?? 'the modern API';
}
