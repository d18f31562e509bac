import type { Command } from 'commander';
import type { CommandLine } from './command-line.js';
import { CONFIG_OPTION } from './load-config.js';

const operations = () => import('./store-operations.js');

/** `boxbridge store`: makes its tables, and copies it. Needs no server's key: what is sealed stays sealed under the same one. */
export function addStoreCommand(program: Command, commandLine: CommandLine): void {
  const store = program.command('store').description('prepare or move what the bridge remembers');
  addMigrateCommand(store, commandLine);
  addCopyCommand(store, commandLine);
}

function addMigrateCommand(store: Command, { configurations: { loadConfig }, print }: CommandLine): void {
  store
    .command('migrate')
    .description('make the tables of the store, or bring them to this version; `serve` does so by itself')
    .option(...CONFIG_OPTION)
    .option('--json', 'print JSON')
    .action(async ({ config: file, json = false }: { config?: string; json?: boolean }) => {
      const { store: place } = await loadConfig(file);
      const { migrate } = await operations();
      print(await migrate(place, json));
    });
}

function addCopyCommand(store: Command, commandLine: CommandLine): void {
  const { configurations, pathOf, print } = commandLine;
  const copy = store
    .command('copy')
    .description('copy all that a store remembers into an empty one; stop the bridges first')
    .usage('[options] FROM TO')
    .argument('[stores...]', 'FROM and TO, each as `store` in a configuration, save for what an option names')
    .option('--from-config <file>', 'FROM is the store of this configuration')
    .option('--config <file>', 'TO is the store of this configuration');
  copy.action(async (names: string[], options: { fromConfig?: string; config?: string }) => {
    const { copy: copyStores, placeOf } = await operations();
    const stores = names.map((name) => placeOf(name, pathOf('.')));
    const storeOf = async (file: string | undefined) =>
      file === undefined ? stores.shift() : (await configurations.loadConfig(file)).store;
    const [from, to] = [await storeOf(options.fromConfig), await storeOf(options.config)];
    if (!from || !to || stores.length > 0) {
      // The message omits the arguments: they may hold a password.
      return copy.error('error: name FROM and TO, each as sqlite: and a path or as a postgres:// URL, or by an option');
    }
    print(await copyStores(from, to, commandLine));
  });
}
