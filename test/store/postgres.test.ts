import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { Fault } from '../../src/core/fault.js';
import { messageOf } from '../../src/shared/errors.js';
import { openStore } from '../../src/store/open.js';
import { openPostgres } from '../../src/store/postgres.js';
import { userIdsOf } from '../../src/store/postgres-accounts.js';
import { isAway, openDatabase } from '../../src/store/postgres-database.js';
import { createSessionFinder } from '../../src/store/postgres-reads.js';
import { addSessions } from '../../src/store/postgres-sign-ins.js';
import { messageWithoutUser, nameOfPostgres } from '../../src/store/postgres-url.js';
import type { Store } from '../../src/store/store.js';
import { afterwards } from '../support/cleanup.js';
import { dump } from '../support/dump.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { SECRET, USER } from '../support/servers/embedded-postgres.js';
import { describeWithPostgres, type TestPostgres } from '../support/servers/postgres.js';
import { startNode } from '../support/servers/process.js';
import { account, named, storeSuite } from '../support/suites/store-suite.js';
import { until } from '../support/until.js';

const unavailable = expect.objectContaining({ name: 'Fault', reason: 'unavailable' });

describeWithPostgres('PostgreSQL', (server) => {
  storeSuite('as a store', async () => {
    const { url, remove } = await server.newSchema();
    return {
      open: () => openPostgres(url),
      skipTo: async (userId) => void (await server.query(url, `UPDATE user_ids SET last = ${userId}`)),
      remove,
    };
  });

  test('1000 first uses of 100 accounts at three nodes give the ids from 1 to 100', async () => {
    const url = await newUrl(server);
    const nodes = [await opened(url), await opened(url), await opened(url)];
    const uses = Array.from({ length: 1000 }, (_, n) => nodes[n % 3]?.userId(named(`n${n % 100}`)));
    const ids = await Promise.all(uses);
    expect([...new Set(ids)].sort((a = 0, b = 0) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
    for (const [n, id] of ids.entries()) expect(id).toBe(ids[n % 100]);
  });

  /** How many connections wait for a lock that another one has. */
  const waiting = async (url: string) => {
    const [row] = await server.query(url, 'SELECT count(*)::int FROM pg_locks WHERE NOT granted');
    return Number(row?.count);
  };

  test('a node that loses the race for an account gives the id of the one that wins', async () => {
    const url = await newUrl(server);
    const [store, winner] = [await opened(url), await openDatabase(url)];
    afterwards(winner.close);
    const { id, loser } = await winner.transaction(async (statements) => {
      const [won] = await userIdsOf(statements, [account]);
      // It has seen no such account yet, and waits for the counter.
      const lost = store.userIds([named('new'), account]);
      await until(async () => (await waiting(url)) === 1);
      return { id: won, loser: lost };
    });
    expect(id).toBe(1);
    expect((await loser).toSorted()).toEqual([1, 2]);
    expect(await store.userIds([named('new'), account])).toEqual(await loser);
  });

  test('the sessions of one turn come with one statement', async () => {
    const database = await openDatabase(await newUrl(server));
    afterwards(database.close);
    const digests = ['a', 'b', 'c'];
    const userIds = await userIdsOf(database, digests.map(named));
    await addSessions(
      database,
      digests.map((digest, n) => ({
        ...{ digest, application: 'app', userId: Number(userIds[n]), createdAt: n, sealed: Buffer.from(digest) },
      })),
    );
    const asked: unknown[] = [];
    const find = createSessionFinder({
      all: (sql, ...values) => {
        asked.push(...values);
        return database.all(sql, ...values);
      },
    });
    const found = await Promise.all(['c', 'a', 'none', 'c'].map(find));
    expect(asked).toEqual([['c', 'a', 'none']]);
    expect(found.map((session) => session?.userId)).toEqual([3, 1, undefined, 3]);
    expect(found[1]?.sealed.toString()).toBe('a');
    // The next turn asks again: another node may have ended it.
    await database.change('DELETE FROM sessions WHERE digest = $1', 'a');
    expect(await find('a')).toBeUndefined();
    expect(asked).toHaveLength(2);
    await database.close();
    for (const one of [find('b'), find('c')]) await expect(one).rejects.toEqual(unavailable);
  });

  test('a dump is of one moment', async () => {
    const url = await newUrl(server);
    const [store, other] = [await opened(url), await openDatabase(url)];
    afterwards(other.close);
    const { dumped } = await other.transaction(async ({ change }) => {
      await change('LOCK TABLE tickets IN ACCESS EXCLUSIVE MODE');
      const begun = dump(store);
      await until(async () => (await waiting(url)) === 1);
      const session = { digest: 'd', application: 'a', userId: await store.userId(account), createdAt: 1 };
      await store.addSession({ ...session, sealed: Uint8Array.of(1) });
      return { dumped: begun };
    });
    expect(await dumped).toMatchObject({ lastUserId: 0, accounts: [], sessions: [] });
    expect(await dump(store)).toMatchObject({ lastUserId: 1, sessions: [{ digest: 'd' }] });
  });

  test('1000 first uses of 200 accounts at three nodes, half of which propose what comes next, lose no id', async () => {
    const url = await newUrl(server);
    const nodes = [await opened(url), await opened(url), await opened(url)];
    // The proposals are where the counter goes.
    const asked = Array.from({ length: 200 }, (_, n) => ({
      ...named(`n${n}`),
      proposedUserId: n % 2 === 0 ? n + 2 : undefined,
    }));
    const ids = await Promise.all(
      Array.from({ length: 1000 }, (_, n) => nodes[n % 3]?.userId(asked[n % 200] ?? account)),
    );
    for (const [n, id] of ids.entries()) expect(id).toBe(ids[n % 200]);
    expect(new Set(ids).size).toBe(200);
    const [counter] = await server.query(url, 'SELECT last FROM user_ids');
    const ordinary = ids.filter((id, n) => n < 200 && id !== asked[n]?.proposedUserId);
    expect(Math.max(...ordinary.map(Number))).toBe(Number(counter?.last));
    const counted = Array.from({ length: Number(counter?.last) }, (_, n) => n + 1);
    expect(counted.filter((id) => !ids.includes(id))).toEqual([]);
  });

  test('is not written to where it is opened to be read', async () => {
    const url = await newUrl(server);
    const empty = await openPostgres(url, 'read');
    await expect(dump(empty)).rejects.toEqual(unavailable);
    await empty.close();
    const [tables] = await server.query(url, "SELECT to_regclass('boxbridge_version')::text AS versions");
    expect(tables).toEqual({ versions: null });
    const written = await opened(url);
    await written.userId(named('n'));
    const read = await openPostgres(url, 'read');
    afterwards(read.close);
    expect(await dump(read)).toMatchObject({ lastUserId: 1 });
    await expect(read.userId(named('another'))).rejects.toEqual(unavailable);
    await expect(read.checkWritable()).rejects.toEqual(unavailable);
    await read.ping();
    expect(await dump(written)).toMatchObject({ lastUserId: 1 });
  });

  test('the time is that of the database, for all nodes', async () => {
    const url = await newUrl(server);
    const [one, other] = [await opened(url), await opened(url)];
    const begin = await one.now();
    const [row] = await server.query(url, 'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::text AS now');
    const end = await other.now();
    expect(Number.isInteger(begin)).toBe(true);
    // Rounding may be by one.
    expect(Number(row?.now)).toBeGreaterThanOrEqual(begin - 1);
    expect(Number(row?.now)).toBeLessThanOrEqual(end);
  });

  test.each([10, 5000])(
    'a list of %i new accounts takes as many statements as any, of known ones one',
    async (count) => {
      const store = await opened(await newUrl(server));
      const list = Array.from({ length: count }, (_, n) => ({
        ...named(`n${n}`),
        proposedUserId: n % 3 === 0 ? 10 + n * 2 : undefined,
      }));
      await store.userId(named('n0'));
      const query = jest.spyOn(pg.Client.prototype, 'query');
      afterwards(async () => query.mockRestore());
      const ids = await store.userIds(list);
      // What is known, the assignment to all of the rest, and what is known now.
      expect(query).toHaveBeenCalledTimes(3);
      query.mockClear();
      expect(await store.userIds(list)).toEqual(ids);
      expect(query).toHaveBeenCalledTimes(1);
    },
  );

  test('no id is reused even where an account was deleted by hand', async () => {
    const url = await newUrl(server);
    const store = await opened(url);
    const id = await store.userId(account);
    await server.query(url, 'DELETE FROM accounts');
    expect(await store.userId(account)).toBe(id + 1);
  });

  test('an account gets an id that nobody has where the counter was set back by hand', async () => {
    const url = await newUrl(server);
    const store = await opened(url);
    const ids = await store.userIds([account, named('other')]);
    await server.query(url, 'UPDATE user_ids SET last = 0');
    expect(ids).not.toContain(await store.userId(named('new')));
    expect(await store.userId(account)).toBe(ids[0]);
  });

  test('attempts are counted over all nodes, and their subject is not stored', async () => {
    const url = await newUrl(server);
    const nodes = [await opened(url), await opened(url), await opened(url)];
    const counters = nodes.map(({ attempts }) => attempts({ name: 'some', max: 5, seconds: 900 }));
    const taken = await Promise.all([...counters, ...counters, ...counters].map(({ take }) => take('a secret')));
    expect(taken.filter((one) => one)).toHaveLength(5);
    expect(JSON.stringify(await server.query(url, 'SELECT * FROM wrong_tries'))).not.toContain('secret');
    const [store] = nodes;
    await store?.close();
    await expect(counters[0]?.take('a secret')).rejects.toEqual(unavailable);
    await expect(counters[0]?.giveBack('a secret')).rejects.toEqual(unavailable);
  });

  describe('the schema', () => {
    test('is created once by nodes that start at the same moment', async () => {
      const url = await newUrl(server);
      const stores = await Promise.all(Array.from({ length: 6 }, () => opened(url)));
      expect(await server.query(url, 'SELECT count(*)::int FROM boxbridge_version')).toEqual([{ count: 1 }]);
      expect(new Set(await Promise.all(stores.map((store) => store.userId(account))))).toEqual(new Set([1]));
    });

    test('serves a role that may not change it, once it exists', async () => {
      const url = await newUrl(server);
      await (await openPostgres(url)).close();
      const role = new URL(url).searchParams.get('options')?.split('=')[1] ?? '';
      await server.query(
        url,
        `CREATE ROLE ${role} LOGIN PASSWORD 'weak'; GRANT USAGE ON SCHEMA ${role} TO ${role};
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${role} TO ${role}`,
      );
      afterwards(async () => void (await server.query(url, `DROP OWNED BY ${role}; DROP ROLE ${role}`)));
      const limited = new URL(url);
      limited.username = role;
      limited.password = 'weak';
      expect(await (await opened(limited.href)).userId(account)).toBe(1);
    });

    test('of version 1 gets the index of pages, the ledger and the lease', async () => {
      const url = await newUrl(server);
      const store = await openPostgres(url);
      const id = await store.userId(account);
      await store.close();
      await server.query(
        url,
        'DROP INDEX sessions_by_creation; DROP TABLE ledger; ALTER TABLE sessions DROP COLUMN leased_until; UPDATE boxbridge_version SET version = 1',
      );
      expect(await (await opened(url)).userId(account)).toBe(id);
      expect(await server.query(url, "SELECT to_regclass('sessions_by_creation')::text AS name")).toEqual([
        { name: 'sessions_by_creation' },
      ]);
    });

    test.each<[why: string, sql: string, message: string]>([
      [
        'a newer version made it',
        'UPDATE boxbridge_version SET version = 1000',
        '(made by a newer version of boxbridge: its tables have version 1000, and this one knows 4); run that version, or restore a backup of the store',
      ],
      [
        'there is something else',
        'DROP TABLE boxbridge_version',
        '(relation "user_ids" already exists); mend it or name another in `store`',
      ],
    ])('is rejected where %s', async (_why, sql, message) => {
      const url = await newUrl(server);
      await (await openPostgres(url)).close();
      await server.query(url, sql);
      const { host } = new URL(url);
      expect(await errorOf(url)).toBe(`cannot use the store ${decodeURIComponent(host)}/postgres ${message}`);
    });
  });

  describe('a database that cannot be used is reported in one line', () => {
    const cases: readonly [what: string, change: Partial<Omit<URL, 'origin' | 'searchParams'>>, message: RegExp][] = [
      ['no such database', { pathname: '/nothing' }, /\/nothing \(database "nothing" does not exist\)/],
      ['a wrong password', { password: 'wrong' }, /\/postgres \(password authentication failed for its user\)/],
      ['an unknown user', { username: 'stranger' }, /\/postgres \(password authentication failed for its user\)/],
      ['no such schema', { search: '?options=-csearch_path%3Dno' }, /\(no schema has been selected to create in\)/],
      ['nothing there', { host: '127.0.0.1:1' }, /127\.0\.0\.1:1\/postgres \(connect ECONNREFUSED 127\.0\.0\.1:1\)/],
      ['no answer at any address', { host: 'localhost:1' }, /localhost:1\/postgres \(.*ECONNREFUSED.*\)/],
      ['a certificate that is missing', { search: '?sslrootcert=/nowhere' }, /\(ENOENT: .*\)/],
      ['no TLS', { search: '?sslmode=verify-full' }, /\(The server does not support SSL connections\)/],
    ];

    test.each(cases)('%s', async (_what, change, message) => {
      const text = await errorOf(Object.assign(new URL(server.urlOf('postgres')), change).href);
      expect(text).toMatch(message);
      expect(text).toMatch(/^cannot use the store [^\n]*\); \S[^\n]*$/);
      for (const secret of [SECRET, encodeURIComponent(SECRET), USER, 'stranger']) expect(text).not.toContain(secret);
    });

    test('at the start of a process', async () => {
      const { path, remove } = await temporaryFolder();
      afterwards(remove);
      const application = { api_key: 'k', provider: 'seatable', base_url: 'https://seatable.example.com' };
      const store = 'postgres://somebody:hidden@127.0.0.1:1/bridge';
      await writeFile(join(path, 'bridge.yaml'), JSON.stringify({ store, applications: [application] }));
      const cli = fileURLToPath(new URL('../../src/cli.js', import.meta.url));
      expect(await startNode(path, cli, 'serve', '--config', 'bridge.yaml', '--port', '0').end).toEqual({
        code: 1,
        signal: null,
        stdout: '',
        stderr:
          'boxbridge: cannot use the store 127.0.0.1:1/bridge (connect ECONNREFUSED 127.0.0.1:1); nothing listens there: check host and port of the URL, and whether the server runs\n',
      });
    });

    test('a database of another encoding', async () => {
      await server.query(server.urlOf('postgres'), "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
      expect(await errorOf(server.urlOf('latin'))).toContain(
        "/latin (its encoding is LATIN1; make a database with ENCODING 'UTF8')",
      );
    });

    test.each(['12/34@host/db', '12?34@host/db', '12#34@host/db', '100%@host/db'])(
      'a password that is not encoded: %s',
      async (rest) => {
        expect(await errorOf(`postgres://user:${rest}`)).toBe(
          'cannot use the store in PostgreSQL (the special characters of its password have to be percent-encoded); mend it or name another in `store`',
        );
      },
    );
  });

  test('a server that does not answer times out', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket.on('error', () => {}))).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    afterwards(async () => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const url = await newUrl(server);
    const store = await opened(url);
    const frozen = await opened(`${url}&application_name=frozen`);
    await frozen.ping();
    const [backend] = await server.query(url, "SELECT pid FROM pg_stat_activity WHERE application_name = 'frozen'");
    process.kill(Number(backend?.pid), 'SIGSTOP');
    afterwards(async () => void process.kill(Number(backend?.pid), 'SIGCONT'));
    const locker = new pg.Client(url);
    await locker.connect();
    afterwards(() => locker.end());
    await locker.query('BEGIN; LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE');

    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    await Promise.all([
      expect(openPostgres(`postgres://u:p@127.0.0.1:${port}/db`)).rejects.toThrow(/timeout/),
      expect(store.userId(account)).rejects.toMatchObject({
        reason: 'unavailable',
        cause: { message: 'canceling statement due to statement timeout' },
      }),
      expect(frozen.ping()).rejects.toEqual(unavailable),
    ]);
    await frozen.ping();
    await locker.query('ROLLBACK');
    expect(await store.userId(account)).toBe(1);
  });

  test.each([true, false, undefined])('a transaction commits where its work gives %s', async (result) => {
    const database = await openDatabase(await newUrl(server));
    afterwards(database.close);
    const returned = await database.transaction(async ({ change }) => {
      await change('UPDATE user_ids SET last = 7');
      return result;
    });
    expect(returned).toBe(result);
    expect(await database.one('SELECT last FROM user_ids')).toEqual({ last: 7 });
  });

  test('a transaction rolls back where its work throws', async () => {
    const database = await openDatabase(await newUrl(server));
    afterwards(database.close);
    const work = database.transaction(async ({ change }) => {
      await change('UPDATE user_ids SET last = 7');
      throw new Error('enough');
    });
    await expect(work).rejects.toThrow('enough');
    expect(await database.one('SELECT last FROM user_ids')).toEqual({ last: 0 });
  });

  test('lost connections are replaced', async () => {
    const url = await newUrl(server);
    const store = await opened(url);
    const cut = () =>
      server.query(
        server.urlOf('postgres'),
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'boxbridge'",
      );
    await Promise.all(Array.from({ length: 5 }, () => store.ping()));
    await cut();
    const database = await openDatabase(url);
    afterwards(database.close);
    const ended = new Promise<void>((resolve) => {
      database.pool.once('connect', (client) => client.once('end', () => resolve()));
    });
    const idle = database.transaction(async ({ one }) => {
      await one('SELECT 1');
      await cut();
      await ended;
    });
    await expect(idle).rejects.toEqual(unavailable);
    // In the middle of their work too: a write is complete, and its loss is reported.
    const work = Array.from({ length: 50 }, (_, n) => store.userId(named(`n${n}`)).catch((error: unknown) => error));
    await cut();
    for (const one of await Promise.all(work)) if (typeof one !== 'number') expect(one).toEqual(unavailable);
    const ids = await Promise.all(Array.from({ length: 50 }, (_, n) => store.userId(named(`n${n}`))));
    expect(Math.max(...ids)).toBe(50);
  });
});

// https://www.postgresql.org/docs/current/errcodes-appendix.html
test.each([
  ['08006', true],
  ['53300', true],
  ['57P01', true],
  ['57014', false],
  ['23505', false],
  ['40053', false],
  [undefined, false],
])('a statement that fails with %s: the database is away: %s', (code, away) => {
  const cause = Object.assign(new pg.DatabaseError('some', 4, 'error'), { code });
  expect(isAway(new Fault('unavailable', { cause }))).toBe(away);
  expect([isAway(cause), isAway(new Fault('internal', { cause: new Error('some') }))]).toEqual([false, false]);
});

test('a database that no statement reaches is away', () => {
  expect(isAway(new Fault('unavailable', { cause: new Error('timeout') }))).toBe(true);
  expect(isAway(new Error('timeout'))).toBe(false);
});

test.each([
  ['postgres://u:p@db.example.com:6432/bridge?sslmode=require', 'db.example.com:6432/bridge'],
  ['postgres:///bridge?host=/run/postgresql', '/run/postgresql/bridge'],
  ['postgres://u:p@%2Frun%2Fpostgresql/a%20b', '/run/postgresql/a b'],
  ['postgres://u:p@host/%ff', 'host/%ff'],
  ['postgres://u:12/34@host/db', 'in PostgreSQL'],
])('the name of %s is %s', (url, name) => {
  expect(nameOfPostgres(url)).toBe(name);
});

test('an error with no message and no code is that there was no answer', () => {
  expect(messageWithoutUser(new AggregateError([], ''))).toBe('no answer');
});

test('a network error without a message is reported by its code', () => {
  expect(messageWithoutUser(Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' }))).toBe('ECONNREFUSED');
});

async function newUrl(server: TestPostgres): Promise<string> {
  const { url, remove } = await server.newSchema();
  afterwards(remove);
  return url;
}

async function opened(url: string): Promise<Store> {
  const store = await openPostgres(url);
  afterwards(store.close);
  return store;
}

async function errorOf(url: string): Promise<string> {
  return openStore({ kind: 'postgres', url }).then(
    async (store) => {
      await store.close();
      return 'it can be used';
    },
    (error: unknown) => messageOf(error),
  );
}
