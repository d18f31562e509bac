import { Fault } from '../core/fault.js';
import type { StoreInspection } from './inspection.js';
import { migrationsAfter } from './migration.js';
import { openDatabase } from './postgres-database.js';
import { postgresMigrations } from './postgres-schema.js';
import { messageWithoutUser } from './postgres-url.js';
import { sealedIn } from './rows.js';

/** Looks at the store in a PostgreSQL database, and changes nothing. Throws an Error where it cannot be used. */
export async function inspectPostgres(url: string): Promise<StoreInspection> {
  const { one, close } = await openDatabase(url, 'read');
  try {
    const about = await one(
      `SELECT to_regclass('boxbridge_version')::text AS versions, current_setting('server_encoding') AS encoding,
         pg_is_in_recovery()::int AS copied, coalesce(has_schema_privilege(current_schema(), 'CREATE')::int, 0) AS creates`,
    );
    if (about?.encoding !== 'UTF8')
      throw new Error(`its encoding is ${about?.encoding}; make a database with ENCODING 'UTF8'`);
    if (about.copied === 1) throw new Error('it is a replica that only reads');
    if (about.versions === null) {
      if (about.creates !== 1) throw new Error('its user may not make tables in it');
      return { isNew: true, masterKey: undefined };
    }
    const { version, writes } =
      (await one(
        "SELECT version, has_table_privilege('boxbridge_version', 'UPDATE')::int AS writes FROM boxbridge_version",
      )) ?? {};
    migrationsAfter(Number(version), postgresMigrations);
    if (writes !== 1) throw new Error('its user may not write to its tables');
    return { isNew: false, masterKey: sealedIn(await one('SELECT sealed FROM master_key')) };
  } catch (error) {
    const cause = error instanceof Fault ? error.cause : error;
    throw new Error(messageWithoutUser(cause), { cause });
  } finally {
    await close();
  }
}
