import type { Command } from 'commander';
import { actionNames } from '../core/actions.js';
import { providers } from '../providers/index.js';

/** `boxbridge schema`: prints the JSON Schema of configurations. */
export function addSchemaCommand(program: Command): void {
  program
    .command('schema')
    .description('print the JSON Schema of a configuration, for editors')
    .action(async () => {
      const { configJsonSchema } = await import('../config/json-schema.js');
      console.log(JSON.stringify(configJsonSchema({ actions: actionNames, providers }), undefined, 2));
    });
}
