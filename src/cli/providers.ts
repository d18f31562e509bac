import type { Command } from 'commander';
import { capabilityTable } from '../bridge/capabilities.js';
import { providers } from '../providers/index.js';

/** `boxbridge providers`: shows what each modern API can. */
export function addProvidersCommand(program: Command): void {
  program
    .command('providers')
    .description('show what each modern API can')
    .action(() => {
      process.stdout.write(capabilityTable(providers));
    });
}
