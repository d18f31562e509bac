import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { Environment } from './environment.js';
import { CONFIG_OPTION, type LoadConfig } from './load-config.js';

/** `boxbridge digest`: the digests of secrets in recordings. */
export function addDigestCommand(program: Command, environment: () => Environment, loadConfig: LoadConfig): void {
  program
    .command('digest')
    .description(
      'print the api_keys and the secrets on standard input, a line each, behind their digests in recordings',
    )
    .option(...CONFIG_OPTION)
    .action(async ({ config: file }: { config?: string }) => {
      const secrets = (await text(process.stdin)).split(/\r?\n/).filter((line) => line !== '');
      const config = await loadConfig(file);
      const { digestsOf } = await import('./token-operations.js');
      console.log((await digestsOf(config, environment(), secrets)).join('\n'));
    });
}
