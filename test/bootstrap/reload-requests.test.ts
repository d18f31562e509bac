import { expect, test } from '@jest/globals';
import { changedForRestart, createReload, type ReloadParts } from '../../src/bootstrap/reload.js';
import type { Config } from '../../src/config/config.js';
import { parseConfig } from '../../src/config/load.js';
import { actionNames } from '../../src/core/actions.js';
import { providers } from '../../src/providers/index.js';

const configOf = (more: object = {}, apiKey = 'key'): Config =>
  parseConfig(
    { applications: [{ api_key: apiKey, provider: 'previsto', base_url: 'https://api.previsto.io' }], ...more },
    { directory: '/srv', actions: actionNames, providers },
  );

/** A reload of what `read` gives, and all that it does. */
function started(parts: Pick<ReloadParts, 'read'> & Partial<ReloadParts>) {
  const done: unknown[] = [];
  const note =
    (what: string) =>
    (...values: unknown[]) =>
      void done.push([what, ...values]);
  const reload = createReload({
    config: configOf(),
    take: async ({ applications }) => void done.push(['take', applications[0]?.apiKey]),
    note: note('note'),
    log: { info: note('info'), warn: note('warn'), error: note('error') },
    ...parts,
  });
  return { reload, done };
}

test('a configuration is taken, counted and logged, with its warnings', async () => {
  const { reload, done } = started({ read: async () => configOf({ trust_proxy: true }, 'new') });
  expect(await reload()).toEqual({ problems: [] });
  expect(done).toEqual([
    ['take', 'new'],
    ['note', 'taken'],
    ['info', { applications: 1 }, 'the configuration was read again and is in use'],
    ['warn', expect.stringMatching(/^trust_proxy: true lets/)],
  ]);
});

test.each<[string, Pick<ReloadParts, 'read'> & Partial<ReloadParts>, string[]]>([
  [
    'cannot be read',
    { read: () => Promise.reject(new Error('bridge.yaml:1: a\nbridge.yaml:2: b')) },
    ['bridge.yaml:1: a', 'bridge.yaml:2: b'],
  ],
  [
    'cannot be taken',
    { read: async () => configOf(), take: () => Promise.reject(new Error('no such folder')) },
    ['no such folder'],
  ],
  [
    'needs a restart',
    { read: async () => configOf({ listen: { port: 1 }, key_file: 'other' }) },
    [
      'listen.port is not what the bridge was started with, and a reload does not change it; restart the bridge',
      'key_file is not what the bridge was started with, and a reload does not change it; restart the bridge',
    ],
  ],
])('one that %s is refused, with every problem', async (_, parts, problems) => {
  const { reload, done } = started(parts);
  expect(await reload()).toEqual({ problems });
  expect(done).toEqual([
    ['note', 'refused'],
    ['error', { problems }, 'the configuration was read again and is refused; the one before it stays in use'],
  ]);
});

test.each<[string, object, object, string[]]>([
  [
    'all that a reload takes',
    {},
    {
      public_url: 'https://a',
      trust_proxy: 1,
      log: { level: 'warn' },
      record: { file: 'a' },
      rate: { per_minute: 1 },
      limits: { shutdown_ms: 1 },
    },
    [],
  ],
  ['where to listen', {}, { listen: { host: '::1', port: 1 } }, ['listen.host', 'listen.port']],
  ['the file of the store', {}, { store: 'sqlite:./other.db' }, ['store']],
  ['the kind of the store', {}, { store: 'postgres://host/database' }, ['store']],
  ['the key', {}, { key_file: './other' }, ['key_file']],
  ['an admin listener that there was none of', {}, { admin: {} }, ['admin']],
  ['where it is', { admin: {} }, { admin: { port: 1 } }, ['admin.port']],
  ['whether it has a console', { admin: {} }, { admin: { console: false } }, ['admin.console']],
])('a reload can tell what needs a restart: %s', (_, before, after, keys) => {
  expect(changedForRestart(configOf(before), configOf(after))).toEqual(keys);
});

test('the password of the console is taken', () => {
  const config = configOf({ admin: {} });
  const admin = { host: '127.0.0.1', port: 9464 };
  const withPassword = (password: string) => ({ ...config, admin: { ...admin, console: { password } } });
  expect(changedForRestart(withPassword('one'), withPassword('two'))).toEqual([]);
});

test('a burst is two reloads: the one that runs, and one that reads what is there afterwards', async () => {
  const releases: (() => void)[] = [];
  let reads = 0;
  const { reload, done } = started({
    read: async () => {
      reads += 1;
      const apiKey = `read-${reads}`;
      await new Promise<void>((resolve) => releases.push(resolve));
      return configOf({}, apiKey);
    },
  });
  const first = reload();
  const burst = Array.from({ length: 20 }, () => reload());
  expect(new Set(burst).size).toBe(1);
  releases[0]?.();
  await first;
  const late = reload();
  await new Promise((resolve) => setImmediate(resolve));
  releases[1]?.();
  await Promise.all(burst);
  await new Promise((resolve) => setImmediate(resolve));
  releases[2]?.();
  await late;
  const taken = done.flatMap((each) => (Array.isArray(each) && each[0] === 'take' ? [each[1]] : []));
  expect(taken).toEqual(['read-1', 'read-2', 'read-3']);
});
