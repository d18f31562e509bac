import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '../test/support/servers/embedded-postgres.js';

const probe = fileURLToPath(new URL('../test/support/servers/postgres-probe.js', import.meta.url));

/** The line that says why nothing is measured with PostgreSQL; undefined where it runs. */
export function missingForPostgres(): string | undefined {
  const { status } = spawnSync(process.execPath, [probe]);
  return status === 0 ? undefined : 'PostgreSQL is missing: the package embedded-postgres has none that runs here';
}

/** An empty database of a server of its own. */
export async function startDatabase(): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const { urlOf, remove } = await startPostgres();
  return { url: urlOf('postgres'), stop: remove };
}
