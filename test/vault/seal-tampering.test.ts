import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { types } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { previstoAccounts } from '../../src/sandbox/previsto.js';
import { oldClients } from '../support/clients/old-clients.js';
import { startBridge } from '../support/servers/bridge.js';
import { type ModernApis, newAuthToken, signedInTicket, startModernApis } from '../support/servers/modern-apis.js';

type Value = string | number | Uint8Array | null;
type Row = Readonly<Record<string, Value>>;
type Table = 'tickets' | 'sessions';

const { john, mette } = previstoAccounts;

let apis: ModernApis;
let bridge: Awaited<ReturnType<typeof startBridge>>;
let database: InstanceType<typeof DatabaseSync>;

beforeAll(async () => {
  apis = await startModernApis();
  bridge = await startBridge({
    applications: [apis.application('previsto', 'key'), apis.application('previsto', 'other')],
  });
  database = new DatabaseSync(join(bridge.folder, 'data', 'bridge.db'), {
    timeout: 5000,
    enableForeignKeyConstraints: false,
  });
});

afterAll(async () => {
  database.close();
  await bridge.close();
  await apis.close();
});

/** A secret, and its row in the store. */
interface Stored {
  readonly secret: string;
  readonly row: Row;
}

/** Every column, so that none is forgotten. */
const columnsOf = (table: Table) =>
  database
    .prepare('SELECT name FROM pragma_table_info(?)')
    .all(table)
    .map(({ name }) => String(name));

function rowsOf(table: Table): Row[] {
  return database.prepare(`SELECT * FROM ${table}`).all();
}

async function store(table: Table, make: () => Promise<string>): Promise<Stored> {
  const before = new Set(rowsOf(table).map(({ digest }) => digest));
  // No two rows have the same time.
  await setTimeout(3);
  const secret = await make();
  const row = rowsOf(table).find(({ digest }) => !before.has(digest));
  if (!row) throw new Error(`nothing new in ${table}`);
  return { secret, row };
}

const newSession = (account: { key: string }, apiKey = 'key') =>
  store('sessions', () => newAuthToken(bridge.url, apiKey, account.key));
const newSignedInTicket = (account: { key: string }, apiKey = 'key') =>
  store('tickets', () => signedInTicket(bridge.url, apiKey, account.key));

/** Replaces the row of this digest. */
function replace(table: Table, digest: Value | undefined, row: Row): void {
  const names = Object.keys(row);
  database.prepare(`DELETE FROM ${table} WHERE digest = ?`).run(digest ?? null);
  database
    .prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`)
    .run(...Object.values(row));
}

/** Shows the bridge tampered rows during some work, and restores the original ones. */
async function tampered<T>(
  table: Table,
  changes: readonly (readonly [Row, Row])[],
  work: () => Promise<T>,
): Promise<T> {
  for (const [{ digest }] of changes) database.prepare(`DELETE FROM ${table} WHERE digest = ?`).run(digest ?? null);
  for (const [, changed] of changes) replace(table, changed.digest, changed);
  apis.received.length = 0;
  try {
    return await work();
  } finally {
    for (const [, { digest }] of changes) database.prepare(`DELETE FROM ${table} WHERE digest = ?`).run(digest ?? null);
    for (const [row] of changes) replace(table, row.digest, row);
  }
}

/** Other values for a column: similar and different ones. */
function otherValues(value: Value): Value[] {
  if (types.isUint8Array(value)) {
    const flipped = [
      0,
      11,
      12,
      Math.floor(value.length / 2),
      value.length - 17,
      value.length - 16,
      value.length - 1,
    ].map((at) => Buffer.from(value.map((byte, index) => (index === at ? byte ^ 1 : byte))));
    return [
      ...flipped,
      Buffer.from(value.subarray(1)),
      Buffer.from(value.subarray(0, -1)),
      Buffer.concat([value, Buffer.alloc(1)]),
      Buffer.alloc(0),
    ];
  }
  if (typeof value === 'number') return [value + 1, value - 1, value + 86_400_000, 2 ** 52];
  const text = value ?? '';
  return [
    `${text}0`,
    text.slice(1),
    text.toUpperCase(),
    text.replace(/^./, (first) => (first === '0' ? '1' : '0')),
    '',
  ];
}

const calls = {
  tickets: ({ secret }: Stored, api_key = 'key') =>
    oldClients.rest(bridge.url, 'get_auth_token', { api_key, ticket: secret }),
  sessions: ({ secret }: Stored, api_key = 'key') =>
    oldClients.rest(bridge.url, 'get_account_info', { api_key, auth_token: secret }),
};

const subjects = [
  { table: 'tickets', make: newSignedInTicket, rejection: 'get_auth_token_error', ok: 'get_auth_token_ok' },
  { table: 'sessions', make: newSession, rejection: 'not_logged_in', ok: 'get_account_info_ok' },
] as const;

/** The last use is not bound: it is no secret and grants nothing, and binding it would mean a new seal at every use. */
const free = new Set(['last_used', 'leased_until']);

describe.each(subjects)('a change in $table', ({ table, make, rejection, ok }) => {
  /** The bridge rejects the secret, and no credential reaches the modern API. */
  const expectRejected = async (what: string, subject: Stored, changes: readonly (readonly [Row, Row])[]) => {
    const { status } = await tampered(table, changes, () => calls[table](subject));
    expect([what, status]).toEqual([what, rejection]);
    expect(apis.received).toEqual([]);
  };

  test('of any column is rejected', async () => {
    const subject = await make(john);
    const { row } = subject;
    const columns = columnsOf(table);
    expect(columns).toEqual(expect.arrayContaining(['digest', 'application', 'sealed']));
    expect(Object.keys(row)).toEqual(columns);
    for (const column of columns.filter((name) => !free.has(name))) {
      const others = otherValues(row[column] ?? null).filter((value) => value !== row[column]);
      expect(others.length).toBeGreaterThan(2);
      for (const [index, value] of others.entries())
        await expectRejected(`${column} ${index}`, subject, [[row, { ...row, [column]: value }]]);
    }
    expect((await calls[table](subject)).status).toBe(ok);
  });

  test('to the value of another row is rejected', async () => {
    const subject = await make(john);
    for (const [origin, other] of [
      ['of another account', await make(mette)],
      ['of another application', await make(mette, 'other')],
    ] as const) {
      for (const column of columnsOf(table).filter((name) => !free.has(name) && name !== 'digest')) {
        const value = other.row[column] ?? null;
        if (value === subject.row[column]) continue;
        await expectRejected(`${column} ${origin}`, subject, [[subject.row, { ...subject.row, [column]: value }]]);
      }
      const { digest: _, ...rest } = other.row;
      await expectRejected(`all ${origin}`, subject, [[subject.row, { ...subject.row, ...rest }]]);
      const swapped: readonly (readonly [Row, Row])[] = [
        [subject.row, { ...subject.row, digest: other.row.digest ?? null }],
        [other.row, { ...other.row, digest: subject.row.digest ?? null }],
      ];
      await expectRejected(`digests swapped with one ${origin}`, subject, swapped);
    }
    expect((await calls[table](subject)).status).toBe(ok);
  });

  test('that zeroes the sealed content is rejected', async () => {
    const subject = await make(john);
    await expectRejected('emptied', subject, [[subject.row, { ...subject.row, sealed: Buffer.alloc(28) }]]);
  });
});

test('the last use of a session may be anything', async () => {
  const subject = await newSession(john);
  for (const last_used of [null, 0, 2 ** 52]) {
    const changes = [[subject.row, { ...subject.row, last_used }]] as const;
    const { status } = await tampered('sessions', changes, () => calls.sessions(subject));
    expect(status).toBe('get_account_info_ok');
  }
  expect(columnsOf('sessions')).toEqual(expect.arrayContaining([...free]));
});

test.each(subjects)(
  'a row of $table that is moved to another application is rejected there',
  async ({ table, make, rejection }) => {
    const subject = await make(john);
    const other = await make(mette, 'other');
    const moved = { ...subject.row, application: other.row.application ?? null };
    const { status } = await tampered(table, [[subject.row, moved]], () => calls[table](subject, 'other'));
    expect(status).toBe(rejection);
    expect(apis.received).toEqual([]);
  },
);

test('a session is not accepted as a ticket, nor a ticket as a session', async () => {
  const ticket = await newSignedInTicket(john);
  const session = await newSession(john);
  const asSession = { ...session.row, sealed: ticket.row.sealed ?? null };
  const asTicket = { ...ticket.row, sealed: session.row.sealed ?? null };
  expect((await tampered('sessions', [[session.row, asSession]], () => calls.sessions(session))).status).toBe(
    'not_logged_in',
  );
  expect((await tampered('tickets', [[ticket.row, asTicket]], () => calls.tickets(ticket))).status).toBe(
    'get_auth_token_error',
  );
});
