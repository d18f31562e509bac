import type { Command } from 'commander';
import { storeIn } from '../config/schema.js';
import { copyStore } from '../store/copy.js';
import type { Migration } from '../store/migration.js';
import { migrateStore, nameOfStore } from '../store/open.js';
import type { StoreHead } from '../store/store.js';
import { CONFIG_OPTION, type LoadConfig } from './load-config.js';
import { createProgress, type Progress } from './progress.js';

/** `boxbridge store`: makes its tables, and copies it. Needs no server's key: what is sealed stays sealed under the same one. */
export function addStoreCommand(program: Command, loadConfig: LoadConfig): void {
  const store = program.command('store').description('prepare or move what the bridge remembers');
  addMigrateCommand(store, loadConfig);
  addCopyCommand(store, loadConfig);
}

function addMigrateCommand(store: Command, loadConfig: LoadConfig): void {
  store
    .command('migrate')
    .description('make the tables of the store, or bring them to this version; `serve` does so by itself')
    .option(...CONFIG_OPTION)
    .option('--json', 'print JSON')
    .action(async ({ config: file, json = false }: { config?: string; json?: boolean }) => {
      const place = (await loadConfig(file)).store;
      const migration = await migrateStore(place);
      const name = nameOfStore(place);
      console.log(json ? JSON.stringify({ store: name, ...migration }) : sentenceOf(name, migration));
    });
}

function sentenceOf(name: string, { from, to }: Migration): string {
  if (from === to) return `the tables of the store ${name} have version ${to} already; nothing to do`;
  return from === 0
    ? `made the tables of the store ${name}, of version ${to}`
    : `brought the tables of the store ${name} from version ${from} to ${to}`;
}

function addCopyCommand(store: Command, loadConfig: LoadConfig): void {
  const copy = store
    .command('copy')
    .description('copy all that a store remembers into an empty one; stop the bridges first')
    .usage('[options] FROM TO')
    .argument('[stores...]', 'FROM and TO, each as `store` in a configuration, save for what an option names')
    .option('--from-config <file>', 'FROM is the store of this configuration')
    .option('--config <file>', 'TO is the store of this configuration');
  copy.action(async (names: string[], options: { fromConfig?: string; config?: string }) => {
    const stores = names.map((name) => storeIn(process.cwd()).safeParse(name).data);
    const storeOf = async (file: string | undefined) =>
      file === undefined ? stores.shift() : (await loadConfig(file)).store;
    const [from, to] = [await storeOf(options.fromConfig), await storeOf(options.config)];
    if (!from || !to || stores.length > 0) {
      // The message omits the arguments: they may hold a password.
      return copy.error('error: name FROM and TO, each as sqlite: and a path or as a postgres:// URL, or by an option');
    }
    let progress: Progress | undefined;
    const watch = (rows: number) => {
      progress = createProgress('copying', rows);
      return progress.advance;
    };
    const copied = await copyStore(from, to, watch).finally(() => progress?.stop());
    console.log(`copied ${summaryOf(copied)}`);
  });
}

function summaryOf({ masterKey, counts: { accounts, tickets, sessions, ledger } }: StoreHead): string {
  const counts = `${accounts} account(s), ${tickets} ticket(s), ${sessions} auth_token(s) and ${ledger} row(s) of the ledger`;
  return masterKey ? `${counts}, sealed under the same key` : counts;
}
