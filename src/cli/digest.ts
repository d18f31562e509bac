import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { CommandLine } from './command-line.js';
import { CONFIG_OPTION } from './load-config.js';

/** `boxbridge digest`: the digests of secrets in recordings. */
export function addDigestCommand(program: Command, { environment, configurations, stdin, print }: CommandLine): void {
  program
    .command('digest')
    .description(
      'print the api_keys and the secrets on standard input, a line each, behind their digests in recordings',
    )
    .option(...CONFIG_OPTION)
    .action(async ({ config: file }: { config?: string }) => {
      const secrets = (await text(stdin)).split(/\r?\n/).filter((line) => line !== '');
      const config = await configurations.loadConfig(file);
      const { digestsOf } = await import('./token-operations.js');
      print((await digestsOf(config, environment(), secrets)).join('\n'));
    });
}
