import { access } from 'node:fs/promises';
import type { Command } from 'commander';
import { quote } from 'shell-quote';
import { cleaned } from '../shared/clean.js';
import { codeOf } from '../shared/errors.js';
import { isTerminal } from './ask.js';
import type { CommandLine } from './command-line.js';
import type { Answers, Place } from './init-answers.js';
import { readSecret } from './read-secret.js';

const OWNER_ALONE = 0o600;
const EVERYBODY = 0o644;

interface InitOptions extends Partial<Answers> {
  readonly config: string;
  readonly apiKeyFile?: string;
  readonly force?: true;
}

/** The option behind each answer. */
const flags: Readonly<Record<keyof Answers, string>> = {
  provider: '--provider',
  baseUrl: '--base-url',
  apiKey: '--api-key',
  credentials: '--credentials',
  publicUrl: '--public-url',
};

const names = ['provider', 'baseUrl', 'apiKey', 'credentials', 'publicUrl'] as const;

/** `boxbridge init`: writes a configuration from the answers to five questions, or to the options in their place. */
export function addInitCommand(program: Command, commandLine: CommandLine): void {
  const { variables, pathOf, print } = commandLine;
  const init = program
    .command('init')
    .description('write a configuration, from the answers to five questions or from options')
    .option('--config <file>', 'the file to write', 'bridge.yaml')
    .option('--provider <provider>', 'the modern API, or the path of a module of your own')
    .option('--base-url <url>', 'where that API is')
    .option('--api-key <key>', 'what the old program sends, which other users of this machine may then see')
    .option('--api-key-file <file>', 'a file with the same')
    .option('--credentials <kind>', 'passthrough or vault')
    .option('--public-url <url>', 'what the old programs call')
    .option('--force', 'replace the file where it is there');
  init.action(async ({ config: file, force, apiKeyFile, ...options }: InitOptions) => {
    if (apiKeyFile !== undefined && options.apiKey !== undefined)
      return init.error('error: name one of --api-key-file and --api-key');
    // The commands that it is for read standard input then.
    if (file === '-') return init.error('error: --config names the file to write, and - is none');
    if (!force && (await isThere(pathOf(file)))) throw thereIs(file);
    const apiKey = apiKeyFile === undefined ? options.apiKey : await readSecret(apiKeyFile, 'api_key', pathOf);
    const given: Partial<Answers> = { ...options, ...(apiKey !== undefined && { apiKey }) };
    const missing = names.filter((name) => given[name] === undefined);
    if (missing.length > 0 && !isTerminal(commandLine))
      return init.error(`error: there is no terminal to ask on; add ${missing.map((name) => flags[name]).join(', ')}`);

    const { configOf, kindOf, problemOf } = await import('./init-answers.js');
    const place: Place = { file: pathOf(file), variables };
    for (const name of names) {
      const answer = given[name];
      const problem = answer === undefined ? undefined : problemOf(name, answer, place, given.provider);
      if (problem !== undefined) return init.error(`error: ${flags[name]} ${problem}`);
    }
    const [{ askAnswers }, { writeNewFile }] = await Promise.all([
      import('./init-questions.js'),
      import('./new-file.js'),
    ]);
    const answers = await askAnswers(commandLine, given, place);
    const kind = await kindOf(answers.provider, place);
    const text = configOf(answers, kind);
    const mode = isReference(answers.apiKey) ? EVERYBODY : OWNER_ALONE;
    const isWritten = await writeNewFile(place.file, text, { mode, isReplaced: force === true }).catch(
      (error: unknown) => {
        throw unwritable(file, error);
      },
    );
    if (!isWritten) throw thereIs(file);
    print(nextSteps(file, answers, kind.name));
  });
}

/** Whether a text holds nothing but a variable of the environment. */
const isReference = (text: string) => /^\$\{[^}:]+\}$/.test(text);

const isThere = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  );

const shown = (file: string) => cleaned(file, 200);
const thereIs = (file: string) =>
  new Error(`${shown(file)} is there already; name another, or replace it with --force`);
const unwritable = (file: string, error: unknown) =>
  new Error(`${shown(file)} cannot be written (${codeOf(error)}); name a file in a folder that is there and yours`);

function nextSteps(file: string, { credentials, publicUrl }: Answers, application: string): string {
  const command = (...words: readonly string[]) => quote(['boxbridge', ...words, '--config', file]);
  return [
    `${shown(file)} is written. Next:`,
    `  ${command('check', '--online')}`,
    `  ${command('serve')}`,
    ...(credentials === 'vault' ? [`  ${command('tokens', 'add', '--application', application)}`] : []),
    `Old programs call ${cleaned(publicUrl, 200)}`,
  ].join('\n');
}
