import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLedger } from '../src/observability/ledger.js';
import { openSqlite } from '../src/store/sqlite.js';

/** As many as a busy process has in the time between two batches. */
const CALLS_PER_BATCH = 3000;
const BATCHES = 20;
const AGENTS = 30;

/** Microseconds of CPU that the ledger takes of a call, its writes to SQLite included. */
export async function ledgerCost(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'boxbridge-ledger-'));
  const store = openSqlite(join(folder, 'bridge.db'));
  const hide = (text: string) => text;
  const begin = process.cpuUsage();
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const ledger = createLedger({ write: store.addToLedger, onFailure: () => {} });
    for (let call = 0; call < CALLS_PER_BATCH; call += 1) {
      ledger.count({
        application: `application ${call % 10}`,
        protocol: call % 3 === 0 ? 'soap' : 'rest',
        userAgent: `Old/${call % AGENTS}`,
        action: 'get_account_info',
        reason: undefined,
        unserved: [],
        cause: undefined,
        hide,
      });
    }
    // Writes the batch.
    await ledger.close();
  }
  const { user, system } = process.cpuUsage(begin);
  await store.close();
  await rm(folder, { recursive: true });
  return (user + system) / (BATCHES * CALLS_PER_BATCH);
}
