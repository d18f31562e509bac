import { expect, test } from '@jest/globals';
import { usageByApplication } from '../../src/console/usage.js';
import { ledgerRow } from '../support/suites/store-ledger-suite.js';

test('each row of the ledger is looked at once for all applications, and is counted for its own', () => {
  let looks = 0;
  const rows = Array.from({ length: 300 }, (_, n) => ({
    ...ledgerRow({ outcome: 'served', count: 2 }),
    get application() {
      looks += 1;
      return `application ${n % 100}`;
    },
  }));
  const usageOf = usageByApplication(rows);
  const calls = Array.from({ length: 101 }, (_, n) => usageOf(`application ${n}`).served[0]?.calls);
  expect(calls).toEqual([...Array.from({ length: 100 }, () => 6), undefined]);
  expect(looks).toBe(rows.length);
});
