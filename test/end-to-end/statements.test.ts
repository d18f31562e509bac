import { createRequire } from 'node:module';
import { expect, jest, test } from '@jest/globals';
import { afterwards } from '../support/cleanup.js';
import { call, formats } from '../support/clients/legacy.js';
import { startUpstream } from '../support/servers/upstream.js';

const require = createRequire(import.meta.url);
const library: typeof import('@photostructure/sqlite') = require('@photostructure/sqlite');

/** The statements that SQLite ran. */
const statements: string[] = [];

/** The database of the library, which also says what it runs. */
class ObservedDatabase extends library.DatabaseSync {
  override prepare(...parameters: Parameters<InstanceType<typeof library.DatabaseSync>['prepare']>) {
    const [sql] = parameters;
    const statement = super.prepare(...parameters);
    return new Proxy(statement, {
      get: (target, name) => {
        const value = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...values: unknown[]) => {
          statements.push(sql);
          return Reflect.apply(value, target, values);
        };
      },
    });
  }

  override exec(sql: string) {
    statements.push(sql);
    super.exec(sql);
  }
}

jest.unstable_mockModule('@photostructure/sqlite', () => ({ ...library, DatabaseSync: ObservedDatabase }));
const { startBridge } = await import('../support/servers/bridge.js');

const CALLS = 10;
/** How many accounts a list has. */
const NEW = 1000;

const one = { email: 'a@auth.local', contact_email: 'a@example.com', total: 5, usage: 1 };
/** So many accounts of Golem. */
const many = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ id: `acc-${n}`, name: `N${n}`, email: `n${n}@example.com`, planId: 'p' }));

/** A bridge whose account is known and whose session was used a moment ago. */
async function start() {
  const upstream = await startUpstream((request, response) =>
    response
      .setHeader('Content-Type', 'application/json')
      .end(JSON.stringify(request.url === '/v1/accounts' ? { values: many(NEW) } : one)),
  );
  afterwards(upstream.close);
  const application = { provider: 'seatable', base_url: upstream.url };
  const bridge = await startBridge({
    applications: [
      { ...application, api_key: 'plain' },
      { ...application, api_key: 'vault', credentials: 'vault' },
      { ...application, api_key: 'list', provider: 'golem' },
    ],
  });
  afterwards(bridge.close);
  return bridge.url;
}

/** Without the batches that are written once a second beside the calls, such as of the ledger: they are unsynced. */
function ofCalls(): string[] {
  let isBatch = false;
  return statements.filter((sql) => {
    if (sql === 'PRAGMA synchronous = NORMAL') isBatch = true;
    const isOfCall = !isBatch && !sql.startsWith('PRAGMA busy_timeout');
    if (sql === 'PRAGMA synchronous = FULL') isBatch = false;
    return isOfCall;
  });
}

test.each(formats)('a %s call of a known account runs no statement of the store', async (format) => {
  const bridge = await start();
  const read = () => call(bridge, format, 'get_account_info', { api_key: 'plain', auth_token: 'token' });
  await read();
  expect(statements).not.toHaveLength(0);
  statements.length = 0;
  for (let n = 0; n < CALLS; n += 1) await read();
  expect(ofCalls()).toEqual([]);
});

test.each(formats)('a %s call with a session runs one statement, which finds it', async (format) => {
  const bridge = await start();
  const [, ticket = ''] = /<ticket>(\w+)</.exec(await call(bridge, 'rest', 'get_ticket', { api_key: 'vault' })) ?? [];
  const page = `${bridge}/api/1.0/auth/${ticket}`;
  await fetch(page, { method: 'POST', body: new URLSearchParams({ login: 'anyone', password: 'token' }) });
  const reply = await call(bridge, 'rest', 'get_auth_token', { api_key: 'vault', ticket });
  const [, authToken = ''] = /<auth_token>(\w+)</.exec(reply) ?? [];
  const read = () => call(bridge, format, 'get_account_info', { api_key: 'vault', auth_token: authToken });
  expect(await read()).toContain('get_account_info_ok');
  statements.length = 0;
  for (let n = 0; n < CALLS; n += 1) await read();
  expect(ofCalls()).toHaveLength(CALLS);
  expect(new Set(ofCalls())).toEqual(new Set([expect.stringMatching(/^SELECT .* FROM sessions/)]));
});

test.each(formats)('a %s list of new accounts is one transaction, of known ones no statement', async (format) => {
  const bridge = await start();
  const list = () => call(bridge, format, 'find_accounts', { api_key: 'list', auth_token: 'token' });
  statements.length = 0;
  expect(await list()).toContain(`acc-${NEW - 1}`);
  expect(ofCalls().filter((sql) => /^(BEGIN|COMMIT)/.test(sql))).toEqual(['BEGIN IMMEDIATE', 'COMMIT']);
  expect(ofCalls().length).toBeLessThanOrEqual(2 + 2 * NEW);
  statements.length = 0;
  await list();
  expect(ofCalls()).toEqual([]);
});
