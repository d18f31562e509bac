import { describe, expect, test } from '@jest/globals';
import { type LedgerRow, MAX_LEDGER_ROWS } from '../../../src/store/ledger.js';
import type { Store } from '../../../src/store/store.js';

const NOW = Date.UTC(2030, 0, 1);

/** A row of the ledger with these fields. */
export function ledgerRow(fields: Partial<LedgerRow>): LedgerRow {
  return {
    application: 'Invoices',
    userAgent: 'Old/1.0',
    protocol: 'rest',
    kind: 'action',
    name: 'get_account_info',
    outcome: 'restricted',
    count: 1,
    first: NOW,
    last: NOW,
    cause: 'a cause',
    ...fields,
  };
}

/** Rows of as many callers of an application, the oldest first. */
const rowsOf = (application: string, count: number, begin = NOW) =>
  Array.from({ length: count }, (_, n) => ledgerRow({ application, userAgent: `agent ${n}`, last: begin + n }));

/** The contract of the ledger. */
export function ledgerSuite(open: () => Promise<Store>): void {
  describe('the ledger', () => {
    test('is empty at first', async () => {
      const store = await open();
      await store.addToLedger([]);
      expect(await store.ledger(0)).toEqual([]);
    });

    test('sums what several nodes count, and keeps the earliest and the latest', async () => {
      const [one, other] = [await open(), await open()];
      await one.addToLedger([ledgerRow({ count: 2, first: NOW - 5, last: NOW + 5, cause: 'late' })]);
      await other.addToLedger([ledgerRow({ count: 3, first: NOW - 9, last: NOW - 9, cause: 'early' })]);
      const sum = ledgerRow({ count: 5, first: NOW - 9, last: NOW + 5, cause: 'late' });
      expect(await one.ledger(0)).toEqual([sum]);
      await other.addToLedger([ledgerRow({ last: NOW + 6, cause: 'latest' })]);
      expect(await one.ledger(0)).toEqual([{ ...sum, count: 6, last: NOW + 6, cause: 'latest' }]);
    });

    test('sums rows of one key in a batch', async () => {
      const store = await open();
      await store.addToLedger([ledgerRow({ cause: 'first' }), ledgerRow({ last: NOW + 1, cause: 'second' })]);
      expect(await store.ledger(0)).toEqual([ledgerRow({ count: 2, last: NOW + 1, cause: 'second' })]);
    });

    test('tells apart what differs in one field of the key', async () => {
      const store = await open();
      const rows = [
        {},
        { application: '' },
        { application: 'invoices' },
        { userAgent: '' },
        { userAgent: "'; DROP TABLE ledger; --" },
        { userAgent: '<b>ü 😀</b>' },
        { protocol: 'soap' },
        { kind: 'parameter' },
        { name: 'other' },
        { outcome: 'served' },
      ].map((fields, n) => ledgerRow({ ...fields, count: n + 1, last: NOW - n }));
      await store.addToLedger(rows);
      expect(await store.ledger(0)).toEqual(rows);
    });

    test('gives what was called since then', async () => {
      const store = await open();
      const rows = rowsOf('a', 10).toReversed();
      await store.addToLedger(rows);
      expect(await store.ledger(NOW + 7)).toEqual(rows.slice(0, 3));
    });

    test('counts beyond 32 bits', async () => {
      const store = await open();
      const row = ledgerRow({ count: 2 ** 40 });
      await store.addToLedger([row]);
      await store.addToLedger([row]);
      expect(await store.ledger(0)).toEqual([{ ...row, count: 2 ** 41 }]);
    });

    test('keeps at most so many rows: the oldest go', async () => {
      const store = await open();
      const rows = rowsOf('a', MAX_LEDGER_ROWS + 500);
      for (let n = 0; n < rows.length; n += 500) await store.addToLedger(rows.slice(n, n + 500));
      expect(await store.ledger(0)).toEqual(rows.slice(500).toReversed());
    });

    test('drops the rows of the application that has most', async () => {
      const store = await open();
      const quiet = rowsOf('quiet', 20, NOW - 1e9);
      await store.addToLedger(quiet);
      await store.addToLedger(rowsOf('loud', MAX_LEDGER_ROWS));
      const kept = await store.ledger(0);
      expect(kept).toHaveLength(MAX_LEDGER_ROWS);
      expect(kept.slice(-20)).toEqual(quiet.toReversed());
    });

    test('is written by several nodes at once', async () => {
      const stores = await Promise.all([open(), open(), open(), open()]);
      const rows = rowsOf('a', 200);
      const write = async (store: Store, n: number): Promise<void> => {
        const own = n % 2 === 0 ? rows : rows.toReversed();
        // SQLite gives up soon while another handle writes.
        for (let tries = 0; tries < 1000; tries += 1) {
          const isDone = await store.addToLedger(own).then(
            () => true,
            () => false,
          );
          if (isDone) return;
        }
      };
      await Promise.all(stores.map(write));
      expect((await stores[0]?.ledger(0))?.map(({ count }) => count)).toEqual(rows.map(() => 4));
    });
  });
}
