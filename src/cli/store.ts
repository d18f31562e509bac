import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { Config } from '../config/load.js';
import { storeIn } from '../config/schema.js';
import { Fault } from '../core/fault.js';
import { messageOf } from '../shared/errors.js';
import { nameOfStore, openStore, type StorePlace } from '../store/open.js';
import { isEmpty, type Store, type StoreContent } from '../store/store.js';

export interface StoreSurroundings {
  readonly load: (file: string) => Promise<Config>;
}

/** `boxbridge store`: moves what the bridge remembers. The server's key is not needed, and goes on to be the same. */
export function addStoreCommand(program: Command, { load }: StoreSurroundings): void {
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
    const named = names.map((name) => storeIn(process.cwd()).safeParse(name).data);
    const storeOf = async (file: string | undefined) => (file === undefined ? named.shift() : (await load(file)).store);
    const [from, to] = [await storeOf(options.fromConfig), await storeOf(options.config)];
    if (!from || !to || named.length > 0) {
      // Without the words themselves, which may have a password.
      return copy.error('error: name FROM and TO, each as sqlite: and a path or as a postgres:// URL, or by an option');
    }
    console.log(await copyStore(from, to));
  });
}

/** Gives what was copied, in words. Throws an Error with one line for the operator where nothing was. */
async function copyStore(from: StorePlace, to: StorePlace): Promise<string> {
  if (from.kind === 'sqlite' && !existsSync(from.path)) throw new Error(`there is no store ${from.path}`);
  const content = await inStore(from, (store) => store.dump());
  if (isEmpty(content)) throw new Error(`the store ${nameOfStore(from)} is empty; there is nothing to copy`);
  if (!(await inStore(to, (store) => store.load(content))))
    throw new Error(`the store ${nameOfStore(to)} is not empty; copy into a new one`);
  return `copied ${inWords(content)}`;
}

async function inStore<T>(place: StorePlace, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(place);
  try {
    return await work(store);
  } catch (error) {
    const why = messageOf(error instanceof Fault ? error.cause : error);
    throw new Error(`the store ${nameOfStore(place)} failed, and nothing was copied (${why})`);
  } finally {
    await store.close();
  }
}

function inWords({ accounts, masterKey, tickets, sessions }: StoreContent): string {
  const counts = `${accounts.length} account(s), ${tickets.length} ticket(s) and ${sessions.length} auth_token(s)`;
  return masterKey ? `${counts}, sealed under the same key` : counts;
}
