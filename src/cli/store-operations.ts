import { storeIn } from '../config/schema.js';
import { copyStore } from '../store/copy.js';
import type { Migration } from '../store/migration.js';
import { migrateStore, nameOfStore, type StorePlace } from '../store/open.js';
import type { StoreHead } from '../store/store.js';
import type { CommandLine } from './command-line.js';
import { createProgress, type Progress } from './progress.js';

/** A store as `store` in a configuration names it; undefined where it names none. Relative paths start in `folder`. */
export const placeOf = (name: string, folder: string): StorePlace | undefined => storeIn(folder).safeParse(name).data;

/** Makes the tables of a store, or brings them to this version; gives what was done, for the operator or as JSON. */
export async function migrate(place: StorePlace, isJson: boolean): Promise<string> {
  const migration = await migrateStore(place);
  const name = nameOfStore(place);
  return isJson ? JSON.stringify({ store: name, ...migration }) : sentenceOf(name, migration);
}

function sentenceOf(name: string, { from, to }: Migration): string {
  if (from === to) return `the tables of the store ${name} have version ${to} already; nothing to do`;
  return from === 0
    ? `made the tables of the store ${name}, of version ${to}`
    : `brought the tables of the store ${name} from version ${from} to ${to}`;
}

/** Copies all that a store remembers into an empty one, with its progress on standard error; gives what was copied. */
export async function copy(from: StorePlace, to: StorePlace, { stderr }: Pick<CommandLine, 'stderr'>): Promise<string> {
  let progress: Progress | undefined;
  const watch = (rows: number) => {
    progress = createProgress('copying', rows, stderr);
    return progress.advance;
  };
  const copied = await copyStore(from, to, watch).finally(() => progress?.stop());
  return `copied ${summaryOf(copied)}`;
}

function summaryOf({ masterKey, counts: { accounts, tickets, sessions, ledger } }: StoreHead): string {
  const counts = `${accounts} account(s), ${tickets} ticket(s), ${sessions} auth_token(s) and ${ledger} row(s) of the ledger`;
  return masterKey ? `${counts}, sealed under the same key` : counts;
}
