import type { Command } from 'commander';
import type { CommandLine } from './command-line.js';

/** `boxbridge schema`: prints the JSON Schema of configurations. */
export function addSchemaCommand(program: Command, { print }: CommandLine): void {
  program
    .command('schema')
    .description('print the JSON Schema of a configuration, for editors')
    .action(async () => {
      const [{ configJsonSchema }, { actionNames }, { providers }] = await Promise.all([
        import('../config/json-schema.js'),
        import('../core/actions.js'),
        import('../providers/index.js'),
      ]);
      print(JSON.stringify(configJsonSchema({ actions: actionNames, providers }), undefined, 2));
    });
}
