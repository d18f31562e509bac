import { dirname, join } from 'node:path';
import { openServices } from '../src/bootstrap/services.js';
import { loadConfig } from '../src/config/load.js';
import { actionNames } from '../src/core/actions.js';
import { providers } from '../src/providers/index.js';
import { openStore } from '../src/store/open.js';
import { type StoreContent, snapshotOf } from '../src/store/snapshot.js';
import type { KnownAccount, StoredSession } from '../src/store/store.js';

export interface Seed {
  /** The configuration whose store is filled. */
  readonly file: string;
  readonly baseUrl: string;
  /** For each a session of the application `vault`. */
  readonly credentials: readonly string[];
  /** Accounts, and as many sessions, beside them. */
  readonly stored: number;
}

/** Fills the store of a configuration before its bridge starts, and gives the auth_tokens of its sessions. */
export async function seedStore({ file, baseUrl, credentials, stored }: Seed): Promise<string[]> {
  const config = await loadConfig(file, { actions: actionNames, providers });
  // In a store that goes with the folder: its content is loaded into one that is new.
  const path = join(dirname(file), 'seed.db');
  const { applications, sessions, store } = await openServices({ ...config, store: { kind: 'sqlite', path } }, {});
  const vault = applications.find(({ name }) => name === 'vault');
  if (!vault) throw new Error('the configuration of a bench has an application called vault');
  const masterKey = await store.masterKey();
  const account = (nativeId: string, userId: number): KnownAccount => ({
    provider: 'seatable',
    baseUrl,
    nativeId,
    userId,
  });
  const called = credentials.map((credential, index) => account(`${credential}@auth.local`, index + 1));
  const others = Array.from({ length: stored }, (_, index) =>
    account(`stored-${index}@auth.local`, credentials.length + index + 1),
  );
  const made = await Promise.all(credentials.map((credential, index) => sessions.make(vault, credential, index + 1)));
  const sessionOf = (record: (typeof made)[number]['record']): StoredSession => ({
    ...record,
    lastUsed: Date.now(),
  });
  const [pattern] = made;
  const accounts = [...called, ...others];
  const content: StoreContent = {
    lastUserId: accounts.length,
    accounts,
    masterKey,
    tickets: [],
    sessions: [
      ...called.flatMap((_each, index) => {
        const session = made[index];
        return session ? [sessionOf(session.record)] : [];
      }),
      // Nobody calls with these: their seals are copies.
      ...(pattern
        ? others.map((each, index) => ({
            ...sessionOf(pattern.record),
            digest: index.toString(16).padStart(64, '0'),
            userId: each.userId,
          }))
        : []),
    ],
    ledger: [],
  };
  await store.close();
  const fresh = await openStore(config.store);
  await fresh.load(snapshotOf(content));
  await fresh.close();
  return made.map(({ authToken }) => authToken);
}
