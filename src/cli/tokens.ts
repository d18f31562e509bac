import { Readable, type Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type Command, InvalidArgumentError } from 'commander';
import type { DeviceCode } from '../oauth/client.js';
import { codeOf } from '../shared/errors.js';
import { askSecret, isTerminal } from './ask.js';
import type { CommandLine } from './command-line.js';
import { CONFIG_OPTION } from './load-config.js';
import { readSecret } from './read-secret.js';
import type { ApplicationSelector, TokenSelector } from './token-operations.js';
import { tokensDocument, tokensTable } from './tokens-output.js';

const operations = () => import('./token-operations.js');

/** `boxbridge tokens`: the auth_tokens of applications with a vault. */
export function addTokensCommand(program: Command, commandLine: CommandLine): void {
  const { environment, configurations, stdin, stdout, stderr, pathOf, print } = commandLine;
  const { loadConfig } = configurations;
  const tokens = program.command('tokens').description('add, list and revoke auth_tokens of applications with a vault');
  const command = (name: string, description: string) =>
    tokens
      .command(name)
      .description(description)
      .option(...CONFIG_OPTION);

  const add = command(
    'add',
    'take a credential of the modern API, asked for or from standard input, try it, and print its auth_token',
  )
    .option('--application <name>', 'the application that it is for, by its name')
    .option('--api-key <key>', 'the same, by its api_key, which other users of this machine may then see')
    .option('--client-credentials', 'take none: the client_id of the application gets its own from the vendor')
    .option('--device', 'take none: a user agrees at the vendor with a code that is shown')
    .option('--auth-token-file <file>', 'has the auth_token of an old program; a new one is made unless given')
    .option('--auth-token <token>', 'the same, which other users of this machine may then see', toToken);
  add.action(async (options: ApplicationOptions & AuthTokenOptions & SourceOptions & { config?: string }) => {
    const [selector, ...others] = selectorsOf(options);
    if (!selector || others.length > 0) return add.error('error: name one of --application and --api-key');
    if (options.authToken !== undefined && options.authTokenFile !== undefined)
      return add.error('error: name one of --auth-token-file and --auth-token');
    if (options.clientCredentials && options.device)
      return add.error('error: name one of --client-credentials and --device');
    const authToken =
      options.authTokenFile === undefined
        ? options.authToken
        : await readSecret(options.authTokenFile, 'auth_token', pathOf);
    const isAsked = !options.clientCredentials && !options.device;
    const piped = !isAsked || isTerminal(commandLine) ? undefined : await text(stdin);
    const config = await loadConfig(options.config);
    const { addToken, credentialName } = await operations();
    const credential = async () => {
      const given =
        piped ??
        (await askSecret(
          commandLine,
          `The ${await credentialName(config, selector)}, which is not shown`,
          emptyProblem,
        ));
      if (given.trim() === '')
        throw new Error('there is no credential on standard input; pipe it in, such as from a file');
      return { credential: given.trim() };
    };
    const withoutOne = options.device
      ? { tell: (code: DeviceCode) => showCode(code, stderr) }
      : { client: true as const };
    const source = isAsked ? await credential() : withoutOne;
    print(await addToken(config, environment(), { selector, source, authToken }));
  });

  command('list', 'show what auth_tokens there are, by the beginning of their digests')
    .option('--json', 'one JSON document')
    .action(async ({ config, json }: { config?: string; json?: true }) => {
      const { listTokens } = await operations();
      await write(listTokens(await loadConfig(config), environment(), json ? tokensDocument : tokensTable), stdout);
    });

  const revoke = command('revoke', 'forget auth_tokens: one, those of an application, those that have expired, or all')
    .argument('[prefix]', 'the beginning of the digest of one, as `tokens list` shows it', toToken)
    .option('--application <name>', 'all those of the application of this name')
    .option('--api-key <key>', 'the same, by its api_key, which other users of this machine may then see')
    .option('--expired', 'all those that are older than the token_days of their application')
    .option('--all', 'all of them');
  revoke.action(async (prefix: string | undefined, options: RevokeOptions) => {
    const selectors: TokenSelector[] = [
      ...(prefix === undefined ? [] : [{ prefix }]),
      ...selectorsOf(options),
      ...(options.expired ? (['expired'] as const) : []),
      ...(options.all ? (['all'] as const) : []),
    ];
    const [selector, ...others] = selectors;
    if (!selector || others.length > 0)
      return revoke.error('error: name one of a prefix, --application, --api-key, --expired and --all');
    const { revokeTokens } = await operations();
    print(`revoked ${await revokeTokens(await loadConfig(options.config), environment(), selector)}`);
  });

  command('rekey', "seal everything under another server's key; the old one is that of the configuration")
    .requiredOption('--new-key-file <file>', 'the new key, 32 bytes; made where there is no such file')
    .action(async ({ config: file, newKeyFile }: { config?: string; newKeyFile: string }) => {
      const config = await loadConfig(file);
      const { rekey } = await operations();
      await rekey(config, environment().key ?? { file: config.keyFile }, { file: pathOf(newKeyFile) });
      print(`the key is now ${newKeyFile}; let \`key_file\` name it, or BOXBRIDGE_KEY hold it, before the next start`);
    });
}

/** Beside standard output, which has the auth_token alone. */
function showCode({ userCode, url, completeUrl }: DeviceCode, stderr: Writable): void {
  const same = completeUrl === undefined ? '' : `\nOr open ${completeUrl}`;
  stderr.write(`Open ${url} and enter ${userCode}${same}\nWaiting until you have agreed; Ctrl-C leaves nothing.\n`);
}

const emptyProblem = (answer: string) => (answer.trim() === '' ? 'It is not empty.' : undefined);

/** The options that select an application. */
interface ApplicationOptions {
  readonly application?: string;
  readonly apiKey?: string;
}

/** The options that select what is revoked. */
interface RevokeOptions extends ApplicationOptions {
  readonly config?: string;
  readonly expired?: true;
  readonly all?: true;
}

/** The options that say where the credential comes from. */
interface SourceOptions {
  readonly clientCredentials?: true;
  readonly device?: true;
}

/** The options with the auth_token of an old program. */
interface AuthTokenOptions {
  readonly authToken?: string;
  readonly authTokenFile?: string;
}

function selectorsOf({ application, apiKey }: ApplicationOptions): ApplicationSelector[] {
  return [...(application === undefined ? [] : [{ application }]), ...(apiKey === undefined ? [] : [{ apiKey }])];
}

/** Writes texts to standard output as it takes them, until its reader leaves. */
async function write(texts: AsyncIterable<string>, stdout: Writable): Promise<void> {
  await pipeline(Readable.from(texts), stdout, { end: false }).catch((error: unknown) => {
    if (codeOf(error) !== 'EPIPE') throw error;
  });
}

function toToken(token: string): string {
  if (token === '') throw new InvalidArgumentError('A token is not empty.');
  return token;
}
