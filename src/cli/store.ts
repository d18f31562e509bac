import type { Command } from 'commander';
import { storeIn } from '../config/schema.js';
import { copyStore } from '../store/copy.js';
import type { StoreHead } from '../store/store.js';
import type { LoadConfig } from './load-config.js';
import { createProgress, type Progress } from './progress.js';

/** `boxbridge store`: copies a store. Needs no server's key: what is sealed stays sealed under the same one. */
export function addStoreCommand(program: Command, loadConfig: LoadConfig): void {
  const copy = program
    .command('store')
    .description('move what the bridge remembers')
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
