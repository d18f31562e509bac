import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { openServices } from '../../src/bootstrap/services.js';

import { listTokens, revokeTokens } from '../../src/cli/token-operations.js';
import { tokensTable } from '../../src/cli/tokens-output.js';
import type { Config } from '../../src/config/config.js';
import { loadConfig } from '../../src/config/load.js';
import { actionNames } from '../../src/core/actions.js';
import { providers } from '../../src/providers/index.js';
import { afterwards } from '../support/cleanup.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { startNodeIn } from '../support/servers/process.js';

const COPIES = 1599;

const configuration = `
store: sqlite:./bridge.db
key_file: ./bridge.key
applications:
- { api_key: key-of-desktop, name: Desktop, provider: seatable, base_url: "http://127.0.0.1:1", credentials: vault }
- { api_key: key-of-web, name: Web, provider: golem, base_url: "http://127.0.0.1:1", credentials: vault }
`;

/** A store with 1,600 auth_tokens of each of two applications: one is valid, the others are its copies. */
async function filled(): Promise<{ readonly cwd: string; readonly config: Config }> {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  await writeFile(join(path, 'bridge.yaml'), configuration);
  const config = await loadConfig(join(path, 'bridge.yaml'), { actions: actionNames, providers });
  const { applications, sessions, store } = await openServices(config, {});
  for (const application of applications) {
    const { provider, baseUrl, name } = application;
    const userId = await store.userId({ provider, baseUrl, nativeId: name });
    await store.addSession((await sessions.make(application, 'a credential', userId)).record);
  }
  await store.close();
  const database = new DatabaseSync(join(path, 'bridge.db'));
  database.exec(
    `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${COPIES})
     INSERT INTO sessions (digest, application, user_id, created_at, last_used, sealed)
     SELECT substr(digest, 1, 12) || printf('%052x', n), application, user_id, created_at + n % 3, last_used, sealed
     FROM sessions, numbers`,
  );
  database.close();
  return { cwd: path, config };
}

/** The rows of the list, by cells; some were given at a time. */
async function listed(config: Config): Promise<string[][]> {
  let text = '';
  for await (const lines of listTokens(config, {}, tokensTable)) {
    expect(lines.split('\n').length).toBeLessThanOrEqual(1001);
    text += lines;
  }
  const [head, ...rows] = text.trimEnd().split('\n');
  expect(head).toBe('token\tapplication\taccount\tcreated\tlast used');
  return rows.map((row) => row.split('\t'));
}

const namesIn = (rows: readonly (readonly string[])[]) => new Set(rows.map(([, name]) => name));

describe('thousands of tokens', () => {
  test('are all listed, some lines at a time, the oldest first', async () => {
    const { config } = await filled();
    const rows = await listed(config);
    expect(rows).toHaveLength(3200);
    const times = rows.map(([, , , created = '']) => created);
    expect(times).toEqual(times.toSorted());
    for (const name of ['Desktop', 'Web']) expect(rows.filter((row) => row[1] === name)).toHaveLength(1600);
  });

  test('are listed until the reader leaves', async () => {
    const { cwd } = await filled();
    const script = fileURLToPath(new URL('../../src/cli.js', import.meta.url));
    const under = ['/bin/sh', '-c', '{ "$0" "$@"; echo "exit code $?" >&2; } | head -n 1'];
    const child = startNodeIn({ cwd, under }, script, 'tokens', 'list', '--config', 'bridge.yaml');
    expect(await child.end).toMatchObject({
      stdout: 'token\tapplication\taccount\tcreated\tlast used\n',
      stderr: 'exit code 0\n',
    });
  });

  test('are revoked by their application, and those of others stay', async () => {
    const { config } = await filled();
    expect(await revokeTokens(config, {}, { application: 'Desktop' })).toBe(1600);
    expect(await revokeTokens(config, {}, { apiKey: 'key-of-desktop' })).toBe(0);
    expect(namesIn(await listed(config))).toEqual(new Set(['Web']));
  });

  test('are revoked where they are older than the token_days of their application', async () => {
    const { cwd, config } = await filled();
    const database = new DatabaseSync(join(cwd, 'bridge.db'));
    database.exec(`UPDATE sessions SET created_at = created_at - ${31 * 24 * 60 * 60_000}`);
    database.close();
    const revoked = (tokenDays?: number) => {
      const applications = config.applications.map((each) => (each.name === 'Desktop' ? { ...each, tokenDays } : each));
      return revokeTokens({ ...config, applications }, {}, 'expired');
    };
    expect([await revoked(), await revoked(32), await revoked(30)]).toEqual([0, 0, 1600]);
    expect(namesIn(await listed(config))).toEqual(new Set(['Web']));
  });

  test('are revoked all', async () => {
    const { config } = await filled();
    expect(await revokeTokens(config, {}, 'all')).toBe(3200);
    expect(await listed(config)).toEqual([]);
  });

  test('that begin alike are counted, and none is revoked', async () => {
    const { config } = await filled();
    const [[prefix = ''] = []] = await listed(config);
    await expect(revokeTokens(config, {}, { prefix })).rejects.toThrow(
      `1600 tokens begin with ${prefix}; \`tokens list\` shows them all`,
    );
    expect(await revokeTokens(config, {}, { prefix: `${prefix}${(7).toString(16).padStart(52, '0')}` })).toBe(1);
    expect(await listed(config)).toHaveLength(3199);
  });
});
