import { text } from 'node:stream/consumers';
import { type Command, InvalidArgumentError } from 'commander';
import type { Config } from './config.js';
import type { KeySource } from './sign-in/keyring.js';
import type { TokenChoice } from './tokens.js';
import type { Proxies } from './upstream/transport.js';

export interface TokensSurroundings {
  readonly load: (file: string) => Promise<Config>;
  /** The server's key, where the environment has it. */
  readonly key: KeySource | undefined;
  /** The way to the modern APIs. */
  readonly proxies: Proxies;
}

const work = () => import('./tokens.js');

/** `boxbridge tokens`: the auth_tokens of applications with a vault. */
export function addTokensCommand(program: Command, { load, key, proxies }: TokensSurroundings): void {
  const tokens = program.command('tokens').description('add, list and revoke auth_tokens of applications with a vault');
  const command = (name: string, description: string) =>
    tokens.command(name).description(description).requiredOption('--config <file>', 'the configuration, a YAML file');

  command('add', 'read a credential of the modern API from standard input, try it, and print its auth_token')
    .requiredOption('--api-key <key>', 'the application that it is for')
    .option('--auth-token <token>', 'the auth_token that an old program has already; a new one unless given', toToken)
    .action(async ({ config, ...wish }: { config: string; apiKey: string; authToken?: string }) => {
      const credential = (await text(process.stdin)).trim();
      if (credential === '')
        throw new Error('there is no credential on standard input; pipe it in, such as from a file');
      const { addToken } = await work();
      console.log(await addToken(await load(config), { key, proxies }, { ...wish, credential }));
    });

  command('list', 'show what auth_tokens there are, by the beginning of their digests').action(
    async ({ config }: { config: string }) => {
      const { listTokens } = await work();
      process.stdout.write(await listTokens(await load(config), { key }));
    },
  );

  const revoke = command('revoke', 'forget auth_tokens: one, those of an application, or all')
    .argument('[prefix]', 'the beginning of the digest of one, as `tokens list` shows it', toToken)
    .option('--api-key <key>', 'all those of this application')
    .option('--all', 'all of them');
  revoke.action(async (prefix: string | undefined, options: { config: string; apiKey?: string; all?: true }) => {
    const choices: TokenChoice[] = [
      ...(prefix === undefined ? [] : [{ prefix }]),
      ...(options.apiKey === undefined ? [] : [{ apiKey: options.apiKey }]),
      ...(options.all ? (['all'] as const) : []),
    ];
    const [choice, ...others] = choices;
    if (!choice || others.length > 0) return revoke.error('error: name one of a prefix, --api-key and --all');
    const { revokeTokens } = await work();
    console.log(`revoked ${await revokeTokens(await load(options.config), { key }, choice)}`);
  });

  command('rekey', "seal everything under another server's key; the old one is that of the configuration")
    .requiredOption('--new-key-file <file>', 'the new key, 32 bytes; made where there is no such file')
    .action(async ({ config: file, newKeyFile }: { config: string; newKeyFile: string }) => {
      const config = await load(file);
      const { rekey } = await work();
      await rekey(config, key ?? { file: config.keyFile }, { file: newKeyFile });
      console.log(
        `the key is now ${newKeyFile}; let \`key_file\` name it, or BOXBRIDGE_KEY hold it, before the next start`,
      );
    });
}

function toToken(token: string): string {
  if (token === '') throw new InvalidArgumentError('A token is not empty.');
  return token;
}
