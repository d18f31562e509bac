import type { Command } from 'commander';

/** `boxbridge schema`: prints the JSON Schema of configurations. */
export function addSchemaCommand(program: Command): void {
  program
    .command('schema')
    .description('print the JSON Schema of a configuration, for editors')
    .action(async () => {
      const [{ configJsonSchema }, { actionNames }, { providers }] = await Promise.all([
        import('../config/json-schema.js'),
        import('../core/actions.js'),
        import('../providers/index.js'),
      ]);
      console.log(JSON.stringify(configJsonSchema({ actions: actionNames, providers }), undefined, 2));
    });
}
