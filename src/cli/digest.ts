import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { Environment } from './environment.js';
import type { LoadConfig } from './load-config.js';

/** `boxbridge digest`: the digests of secrets in recordings. */
export function addDigestCommand(program: Command, environment: () => Environment, loadConfig: LoadConfig): void {
  program
    .command('digest')
    .description(
      'print the api_keys and the secrets on standard input, a line each, behind their digests in recordings',
    )
    .requiredOption('--config <file>', 'the configuration, a YAML file')
    .action(async ({ config: file }: { config: string }) => {
      const config = await loadConfig(file);
      const secrets = (await text(process.stdin)).split(/\r?\n/).filter((line) => line !== '');
      const { digestsOf } = await import('./token-operations.js');
      console.log((await digestsOf(config, environment(), secrets)).join('\n'));
    });
}
