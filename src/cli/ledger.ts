import type { Command } from 'commander';
import { toSince } from './arguments.js';
import type { CommandLine } from './command-line.js';
import { CONFIG_OPTION } from './load-config.js';

const work = () => Promise.all([import('./ledger-operations.js'), import('./ledger-output.js')]);

interface LedgerOptions {
  readonly config?: string;
  readonly application?: string;
  /** Milliseconds since 1970. */
  readonly since?: number;
  readonly json?: true;
}

/** `boxbridge usage` and `boxbridge gaps`: what old programs use, and what they ask for in vain. */
export function addLedgerCommands(program: Command, { configurations: { loadConfig }, stdout }: CommandLine): void {
  const command = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .option(...CONFIG_OPTION)
      .option('--application <name>', 'only that of the application of this name')
      .option('--since <time>', 'only what was called since then: 30d, 12h or a date', toSince)
      .option('--json', 'one JSON document');

  command('usage', 'show who calls what, how often and last when, and what replaces it').action(
    async ({ config, json, ...selection }: LedgerOptions) => {
      const [{ usageOf }, { usageDocument, usageTable }] = await work();
      const usage = await usageOf(await loadConfig(config), selection);
      stdout.write(json ? usageDocument(usage) : usageTable(usage));
    },
  );

  command('gaps', 'show what is asked for in vain, by how many callers').action(
    async ({ config, json, ...selection }: LedgerOptions) => {
      const [{ gapsOf }, { gapsDocument, gapsTable }] = await work();
      const gaps = await gapsOf(await loadConfig(config), selection);
      stdout.write(json ? gapsDocument(gaps) : gapsTable(gaps));
    },
  );
}
