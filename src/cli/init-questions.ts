import { providers } from '../providers/index.js';
import { askChoice, askText, type Choice, type Terminal } from './ask.js';
import { type Answers, kindOf, type Place, problemOf } from './init-answers.js';

/** Where its users are asked for the path of a module. */
const OWN = 'own';

const apis: readonly Choice[] = [
  ...providers.map(({ name, title, publicBaseUrl }) => ({
    value: name,
    label: title,
    hint: new URL(publicBaseUrl).host,
  })),
  { value: OWN, label: 'another one', hint: 'by a module of your own' },
];

const ways: readonly Choice[] = [
  { value: 'passthrough', label: 'passthrough', hint: 'each user puts a token of the modern API in' },
  { value: 'vault', label: 'vault', hint: 'users sign in on a page, as they always did' },
];

/** Asks for what is not given yet. Throws an Error with one line for the operator after Ctrl-C. */
export async function askAnswers(terminal: Terminal, given: Partial<Answers>, place: Place): Promise<Answers> {
  const provider = given.provider ?? (await askProvider(terminal, place));
  const { publicBaseUrl } = await kindOf(provider, place);
  const ask = async (name: keyof Answers, message: string, initial: string) =>
    given[name] ?? askText(terminal, message, initial, (answer) => problemOf(name, answer, place, provider));
  return {
    provider,
    baseUrl: await ask('baseUrl', 'Where is that API?', publicBaseUrl),
    apiKey: await ask('apiKey', 'Which api_key does the old program send?', ''),
    credentials: given.credentials ?? (await askChoice(terminal, 'How do its users sign in?', ways)),
    publicUrl: await ask('publicUrl', 'Which address do old programs call?', 'http://127.0.0.1:8080'),
  };
}

async function askProvider(terminal: Terminal, place: Place): Promise<string> {
  const api = await askChoice(terminal, 'Which modern API has the accounts?', apis);
  if (api !== OWN) return api;
  return askText(terminal, 'The path of its module, from the configuration?', './', (answer) =>
    problemOf('provider', answer, place),
  );
}
