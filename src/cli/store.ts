import type { Command } from 'commander';
import { storeIn } from '../config/schema.js';
import { copyStore } from '../store/copy.js';
import type { StoreContent } from '../store/store.js';
import type { LoadConfig } from './load-config.js';

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
    console.log(`copied ${summaryOf(await copyStore(from, to))}`);
  });
}

function summaryOf({ accounts, masterKey, tickets, sessions }: StoreContent): string {
  const counts = `${accounts.length} account(s), ${tickets.length} ticket(s) and ${sessions.length} auth_token(s)`;
  return masterKey ? `${counts}, sealed under the same key` : counts;
}
