import type { Command } from 'commander';
import type { CommandLine } from './command-line.js';

/** `boxbridge providers`: shows what each modern API can, and makes a new one. */
export function addProvidersCommand(
  program: Command,
  { configurations: { loadConfig }, stdout, print, pathOf }: CommandLine,
): void {
  const providers = program
    .command('providers')
    .description('show what each modern API can')
    .option('--config <file>', 'those of the modules in this configuration too')
    .option('--json', 'one JSON document')
    // A misspelt command is one: else what is said is that there are too many arguments.
    .allowExcessArguments()
    .action(async ({ config: file, json }: { config?: string; json?: true }, { args: [stranger] }: Command) => {
      if (stranger !== undefined)
        return providers.error(`error: unknown command '${stranger}'; write providers new NAME, or providers alone`);
      const { ownProviders, providersDocument, providersTable } = await import('./providers-output.js');
      const own = file === undefined ? [] : await ownProviders(await loadConfig(file));
      stdout.write(json ? providersDocument(own) : providersTable(own));
    });

  const make = providers
    .command('new')
    .description('make a folder with a provider of your own, its tests and a configuration')
    .argument('<name>', 'its name, such as my-service');
  make.action(async (name: string) => {
    const { makeProvider, nameProblem } = await import('./provider-scaffold.js');
    const problem = nameProblem(name);
    if (problem !== undefined) return make.error(`error: ${problem}`);
    print(await makeProvider(name, pathOf(name)));
  });
}
