import { describe, expect, test } from '@jest/globals';
import { createLedger, type Ledger, type LedgerCall } from '../../src/observability/ledger.js';
import type { LedgerRow } from '../../src/store/ledger.js';
import { afterwards } from '../support/cleanup.js';
import { rounds } from '../support/rounds.js';
import { bestOf } from '../support/time.js';

const call: LedgerCall = {
  application: 'Invoices',
  protocol: 'rest',
  userAgent: 'Old/1.0',
  action: 'get_account_info',
  reason: undefined,
  unserved: [],
  cause: undefined,
  hide: (text) => text,
};

const unservedAction = (spelt: string, name = 'other') => ({
  action: undefined,
  reason: 'malformed' as const,
  unserved: [{ kind: 'action', name, spelt }],
});

interface Started extends Ledger {
  /** The batches that were written. */
  readonly batches: (readonly LedgerRow[])[];
  /** The causes of failures that were told. */
  readonly failures: unknown[];
  /** Resolves when another write was tried. */
  readonly tried: () => Promise<void>;
}

/** A ledger whose writes end as `write` says, which gets the number of the write, from 1. */
function start(write: (n: number) => Promise<void> = async () => {}, onFailure = () => {}): Started {
  const batches: (readonly LedgerRow[])[] = [];
  const failures: unknown[] = [];
  let waiting: (() => void)[] = [];
  let writes = 0;
  const ledger = createLedger({
    write: async (rows) => {
      writes += 1;
      try {
        await write(writes);
        batches.push(rows);
      } finally {
        for (const wake of waiting) wake();
        waiting = [];
      }
    },
    onFailure: (cause) => {
      failures.push(cause);
      onFailure();
    },
  });
  afterwards(ledger.close);
  return { ...ledger, batches, failures, tried: () => new Promise((resolve) => waiting.push(resolve)) };
}

/** What a ledger writes of calls, by its close. */
async function rowsOf(calls: readonly Partial<LedgerCall>[]): Promise<readonly LedgerRow[]> {
  const { count, close, batches } = start();
  for (const each of calls) count({ ...call, ...each });
  await close();
  return batches.flat();
}

const short = (rows: readonly LedgerRow[]) =>
  rows.map(({ application, userAgent, kind, name, outcome, count }) =>
    [application, userAgent, kind, name, outcome, count].join('|'),
  );

describe('what is counted', () => {
  test.each<[string, Partial<LedgerCall>, string[]]>([
    ['a call that is served', {}, ['Invoices|Old/1.0|action|get_account_info|served|1']],
    ['a call that is refused', { reason: 'restricted' }, ['Invoices|Old/1.0|action|get_account_info|restricted|1']],
    ['an outage', { reason: 'unavailable' }, ['Invoices|Old/1.0|action|get_account_info|unavailable|1']],
    [
      'a call of nobody',
      { application: undefined, userAgent: '', reason: 'restricted' },
      ['||action|get_account_info|restricted|1'],
    ],
    [
      'an action that no modern API can do',
      { action: 'get_account_tree', reason: 'restricted', unserved: [{ kind: 'action', name: 'a', spelt: 'a' }] },
      ['Invoices|Old/1.0|action|a|restricted|1'],
    ],
    ['an unknown action', unservedAction('get_mail'), ['Invoices|Old/1.0|action|get_mail|malformed|1']],
    [
      'a call with parameters that nothing takes',
      {
        unserved: [
          { kind: 'parameter', name: 'params', spelt: 'params' },
          { kind: 'parameter', name: 'other', spelt: 'nozip' },
        ],
      },
      [
        'Invoices|Old/1.0|action|get_account_info|served|1',
        'Invoices|Old/1.0|parameter|params|ignored|1',
        'Invoices|Old/1.0|parameter|nozip|ignored|1',
      ],
    ],
    [
      'a request without a call',
      {
        application: undefined,
        action: undefined,
        reason: 'malformed',
        unserved: [{ kind: 'envelope', name: 'no call', spelt: 'no call' }],
      },
      ['|Old/1.0|envelope|no call|malformed|1'],
    ],
    ['a request that was refused before it was read', { action: undefined, reason: 'unavailable' }, []],
  ])('%s', async (_what, fields, expected) => {
    expect(short(await rowsOf([fields]))).toEqual(expected);
  });

  test('has its times, how often it was, and the last cause', async () => {
    const begin = Date.now();
    const { count, batches, close } = start();
    for (const cause of ['one', 'two', 'three']) count({ ...call, reason: 'restricted', cause });
    await close();
    const [row] = batches.flat();
    expect(row).toMatchObject({ count: 3, cause: 'three', protocol: 'rest' });
    expect(row?.first).toBeGreaterThanOrEqual(begin);
    expect(row?.last).toBeGreaterThanOrEqual(row?.first ?? 0);
    expect(row?.last).toBeLessThanOrEqual(Date.now());
  });

  test('is one line without control characters, and cut', async () => {
    const hostile = `\u001b[31m<script>\r\n\u0000\u202e${'x'.repeat(5000)}`;
    const rows = await rowsOf([{ application: hostile, userAgent: hostile, cause: hostile, reason: 'restricted' }]);
    const expected = `[31m<script> ${'x'.repeat(187)}…`;
    expect(rows).toMatchObject([{ application: expected, userAgent: expected, cause: expected }]);
  });

  test('has no secret of the call in a User-Agent', async () => {
    const hide = (text: string) => text.replaceAll('secret', '***');
    expect(short(await rowsOf([{ userAgent: 'Old/1.0 (secret)', hide }]))).toEqual([
      'Invoices|Old/1.0 (***)|action|get_account_info|served|1',
    ]);
  });
});

describe('bounds:', () => {
  test('of 100,000 User-Agents of an application a hundred are told apart, and other callers are not touched', async () => {
    const strangers = Array.from({ length: 100_000 }, (_, n) => ({ userAgent: `Stranger/${n}` }));
    const rows = await rowsOf([{}, ...strangers, {}, { application: 'Quiet', userAgent: 'Late/1.0' }]);
    expect(rows).toHaveLength(102);
    expect(short(rows)).toEqual(
      expect.arrayContaining([
        'Invoices|Old/1.0|action|get_account_info|served|2',
        'Invoices|Stranger/0|action|get_account_info|served|1',
        `Invoices|other|action|get_account_info|served|${100_000 - 99}`,
        'Quiet|Late/1.0|action|get_account_info|served|1',
      ]),
    );
  });

  test('of 10,000 unknown actions and parameters a hundred are told apart', async () => {
    const calls = Array.from({ length: 10_000 }, (_, n) => ({
      ...unservedAction(`a${n}`),
      unserved: [{ kind: n % 2 === 0 ? 'action' : 'parameter', name: 'other', spelt: `a${n}` }],
    }));
    const rows = await rowsOf(calls);
    expect(rows).toHaveLength(102);
    expect(rows.filter(({ name }) => name === 'other').map(({ kind, count }) => [kind, count])).toEqual([
      ['action', 4950],
      ['parameter', 4950],
    ]);
  });

  test('calls that are all different are few rows, however many they are, and all are counted', async () => {
    const { count, batches, close } = start();
    const calls = rounds(100_000, 1_000_000);
    for (let n = 0; n < calls; n += 1)
      count({ ...call, userAgent: `Stranger/${n % 1000}`, ...unservedAction(`a${Math.floor(n / 1000)}`) });
    await close();
    const rows = batches.flat();
    expect(rows.length).toBeLessThan(1200);
    expect(rows.reduce((sum, row) => sum + row.count, 0)).toBe(calls);
    for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(250);
  });
});

describe('the store', () => {
  test('gets a batch within a second, and what is counted later in the next', async () => {
    const { count, tried, batches } = start();
    const gather = async () => {
      const before = batches.length;
      const next = tried();
      for (let n = 0; n < 1000; n += 1) count(call);
      expect(batches).toHaveLength(before);
      await next;
    };
    expect(await bestOf(1000, gather)).toBeLessThan(1000);
    const second = tried();
    count(call);
    await second;
    const counts = batches.map((rows) => rows.map(({ count: times }) => times));
    expect(counts).toEqual([...counts.slice(1).map(() => [1000]), [1]]);
  });

  test('that is away gets all once it is back; its failure is told once', async () => {
    const { count, tried, batches, failures, close } = start(async (n) => {
      if (n <= 2) throw new Error(`away ${n}`);
    });
    count({ ...call, cause: 'early' });
    await tried();
    const again = tried();
    count({ ...call, cause: 'late' });
    count({ ...call, action: 'logout' });
    await again;
    await close();
    expect(failures).toEqual([new Error('away 1')]);
    expect(short(batches.flat())).toEqual([
      'Invoices|Old/1.0|action|get_account_info|served|2',
      'Invoices|Old/1.0|action|logout|served|1',
    ]);
    const [row] = batches.flat();
    expect(row?.cause).toBe('late');
    expect(row?.first).toBeLessThan(row?.last ?? 0);
  });

  test('that hangs holds up neither calls nor the end', async () => {
    const { count, tried, close } = start(() => new Promise(() => {}));
    count(call);
    await Promise.race([tried(), new Promise((resolve) => setTimeout(resolve, 600))]);
    const begin = performance.now();
    for (let n = 0; n < 10_000; n += 1) count(call);
    await close();
    expect(performance.now() - begin).toBeLessThan(10_000);
  });

  test('that fails while the log fails too ends nothing', async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (error: unknown) => void unhandled.push(error);
    process.on('unhandledRejection', onUnhandled);
    afterwards(async () => void process.off('unhandledRejection', onUnhandled));
    const onFailure = () => {
      throw new Error('a full disk');
    };
    const { count, tried } = start(async () => {
      throw new Error('away');
    }, onFailure);
    count(call);
    await tried();
    await tried();
    expect(unhandled).toEqual([]);
  });
});
