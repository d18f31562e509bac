/** The versions of a store's tables, before and after; 0: there were none. */
export interface Migration {
  readonly from: number;
  readonly to: number;
}

/** A newer version of the bridge made the tables of a store: this one does not know what is in them. */
export class NewerStore extends Error {
  constructor(version: number, known: number) {
    super(`made by a newer version of boxbridge: its tables have version ${version}, and this one knows ${known}`);
    this.name = 'NewerStore';
  }
}

/** The migrations that tables of a version lack. Throws a NewerStore where there are more than these. */
export function migrationsAfter(version: number, migrations: readonly string[]): readonly string[] {
  if (version > migrations.length) throw new NewerStore(version, migrations.length);
  return migrations.slice(version);
}
