import { type Response, Router } from 'express';
import type { Application } from '../applications/application.js';
import { actionNames } from '../core/actions.js';
import { isSecretName } from '../observability/masked-texts.js';
import { queryIn } from './call-list.js';
import { readForm } from './form.js';
import { sendPage } from './pages.js';
import { languages } from './snippets.js';
import { reachable, type TriedCall, tryCall } from './try-call.js';
import { type CallRequest, type FormatName, formats, isFormat, parametersOf } from './try-request.js';

export interface TryParts {
  readonly applications: readonly Application[];
  /** Where the callers' listener is. */
  readonly bridgeUrl: string;
  /** Where old programs find it. */
  readonly publicUrl: string;
}

/** What a form says of a call. */
interface Wish {
  readonly application: Application | undefined;
  readonly format: FormatName;
  readonly action: string;
  /** The parameters of the action that are filled in. */
  readonly values: ReadonlyMap<string, string>;
}

/** The page where an operator tries a call in each format, and gets it as a program. */
export function tryRouter({ applications, bridgeUrl, publicUrl }: TryParts): Router {
  const router = Router();

  const wishIn = (fields: URLSearchParams): Wish => {
    const action = fields.get('action') ?? '';
    const format = fields.get('format') ?? '';
    const known = actionNames.find((name) => name === action) ?? 'get_account_info';
    const filled = parametersOf(known).map(({ name }) => [name, fields.get(`parameter.${name}`) ?? ''] as const);
    return {
      application: applications[Number(fields.get('application') ?? 0)] ?? applications[0],
      format: isFormat(format) ? format : 'rest',
      action: known,
      values: new Map(filled.filter(([, value]) => value !== '')),
    };
  };

  const show = (response: Response, wish: Wish, result?: { programs: object[]; tried: TriedCall | undefined }) =>
    sendPage(response, 'try', {
      title: 'Try a call',
      applications: applications.map(({ name }, place) => ({
        name,
        place,
        isChosen: applications[place] === wish.application,
      })),
      formats: Object.entries(formats).map(([name, { title }]) => ({ name, title, isChosen: name === wish.format })),
      actions: actionNames.map((name) => ({ name, isChosen: name === wish.action })),
      action: wish.action,
      parameters: parametersOf(wish.action).map((parameter) => ({
        ...parameter,
        isSecret: isSecretName(parameter.name),
        value: isSecretName(parameter.name) ? '' : (wish.values.get(parameter.name) ?? ''),
      })),
      result,
    });

  router.get('/', (request, response) => show(response, wishIn(queryIn(request))));

  router.post('/', async (request, response) => {
    const fields = await readForm(request);
    const wish = wishIn(fields);
    const { application, values } = wish;
    const placeholders = [...values].map(
      ([name, value]) => [name, isSecretName(name) ? name.toUpperCase() : value] as const,
    );
    const program = requestFor(wish, publicUrl, [['api_key', 'API_KEY'], ...placeholders]);
    const programs = languages.map(({ name, write }) => ({ name, text: write(program) }));
    const apiKey = application?.apiKey ?? '';
    const secrets = [apiKey, ...[...values].flatMap(([name, value]) => (isSecretName(name) ? [value] : []))];
    const call = requestFor(wish, reachable(bridgeUrl), [['api_key', apiKey], ...values]);
    const tried = fields.get('do') === 'code' ? undefined : await tryCall(call, secrets);
    show(response, wish, { programs, tried });
  });

  return router;
}

function requestFor(
  { format, action }: Wish,
  bridge: string,
  parameters: readonly (readonly [name: string, value: string])[],
): CallRequest {
  return formats[format].request(bridge, action, parameters);
}
