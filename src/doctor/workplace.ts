import { copyFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RuntimeOptions } from '../bootstrap/runtime-options.js';
import type { Config } from '../config/config.js';
import { Fault } from '../core/fault.js';
import { codeOf, messageOf } from '../shared/errors.js';
import { nameOfStore, openStore, type StorePlace } from '../store/open.js';
import type { StageOptions } from './stage.js';

/** A folder for the stores of stages, so that nothing is written to the configured one, or to the recordings. */
export interface Workplace {
  /** A stage's configuration with an empty store, on a free port of loopback. */
  readonly empty: () => StageOptions;
  /**
   * The same with a copy of all that the configured store remembers, and with the modern APIs themselves. Throws an Error
   * with one line for the operator where the store cannot be read.
   */
  readonly live: () => Promise<StageOptions>;
  readonly remove: () => Promise<void>;
}

/** More than any delay of the event loop. */
const MAX_DELAY_MS = 600_000;

export async function openWorkplace(config: Config, runtime: RuntimeOptions): Promise<Workplace> {
  const folder = await mkdtemp(join(tmpdir(), 'boxbridge-doctor-'));
  let stores = 0;
  const newStore = () => {
    stores += 1;
    return { kind: 'sqlite', path: join(folder, `${stores}.db`) } as const;
  };
  // How often a request may come is not what is looked at.
  const unlimited = config.applications.map((application) => ({ ...application, rate: undefined }));
  const staged = (store: StorePlace, keyFile: string): Config => ({
    ...config,
    applications: unlimited,
    listen: { host: '127.0.0.1', port: 0 },
    admin: undefined,
    rate: undefined,
    limitsStore: undefined,
    // A call that is tried here is none of a caller's, and a stage's digests are under a key of its own.
    record: undefined,
    // Nor how busy this machine is.
    limits: { ...config.limits, eventLoopDelayMs: MAX_DELAY_MS, memoryMb: undefined },
    store,
    keyFile,
  });
  return {
    empty: () => ({
      config: staged(newStore(), join(folder, 'key')),
      runtime: { ...runtime, key: undefined },
      isLive: false,
    }),
    live: async () => {
      const store = newStore();
      await copyStore(config.store, store);
      // Where the store has no key yet, neither need there be one.
      const keyFile = join(folder, 'key of the configuration');
      await copyIfThere(config.keyFile, keyFile);
      return { config: staged(store, keyFile), runtime, isLive: true };
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Copies a store without writing to it: the files of SQLite as they are, or what a session that only reads gives. */
async function copyStore(from: StorePlace, to: Extract<StorePlace, { kind: 'sqlite' }>): Promise<void> {
  if (from.kind === 'sqlite') return copySqlite(from.path, to.path);
  const { openPostgres } = await import('../store/postgres.js');
  const source = await openPostgres(from.url, 'read');
  const target = await openStore(to);
  await source
    .snapshot(target.load)
    .catch((error: unknown) => {
      const why = messageOf(error instanceof Fault ? error.cause : error);
      throw new Error(`cannot read the store ${nameOfStore(from)} (${why}); start the bridge on it first`);
    })
    .finally(source.close)
    .finally(target.close);
}

/** How often a copy is begun anew. */
const TRIES = 10;

/**
 * Copies a database of SQLite that may be written to meanwhile. What is new stands in the log beside the file
 * (https://www.sqlite.org/wal.html): as long as the file itself is not changed, both copies belong together.
 */
async function copySqlite(from: string, to: string): Promise<void> {
  for (let n = 0; n < TRIES; n += 1) {
    const before = await changedAt(from);
    for (const part of ['', '-wal']) {
      await rm(to + part, { force: true });
      await copyIfThere(from + part, to + part);
    }
    if ((await changedAt(from)) === before) return;
  }
  throw new Error(`the store ${from} changes too often to be copied; try again later`);
}

/** When a file was changed, in nanoseconds since 1970; undefined where there is none. */
function changedAt(path: string): Promise<bigint | undefined> {
  return stat(path, { bigint: true }).then(
    ({ mtimeNs }) => mtimeNs,
    () => undefined,
  );
}

async function copyIfThere(from: string, to: string): Promise<void> {
  await copyFile(from, to).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT')
      throw new Error(`cannot read ${from} (${codeOf(error)}); run it as the bridge runs`);
  });
}
