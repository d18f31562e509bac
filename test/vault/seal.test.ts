import { hkdfSync } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openSqlite } from '../../src/store/sqlite.js';
import { openMasterKey } from '../../src/vault/master-key.js';
import { type Binding, createSealer, deriveKey, seal, unseal } from '../../src/vault/seal.js';
import { anyText } from '../support/any-text.js';
import { fc } from '../support/cases/properties.js';
import { afterwards } from '../support/cleanup.js';
import { startBridge, temporaryFolder } from '../support/servers/bridge.js';
import { credentials, newAuthToken, startModernApis } from '../support/servers/modern-apis.js';

const bytes = fc.uint8Array({ maxLength: 200 });
const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const binding = fc.array(fc.oneof(anyText(), fc.integer()), { maxLength: 4 });

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

test('a key is derived as HKDF does', () => {
  fc.assert(
    fc.property(fc.oneof(bytes, anyText()), bytes, fc.string(), (secret, salt, purpose) => {
      const expected = Buffer.from(hkdfSync('sha256', secret, salt, `boxbridge ${purpose}`, 32));
      expect(deriveKey(secret, salt, purpose).equals(expected)).toBe(true);
    }),
  );
});

describe('a seal', () => {
  test('is reversed by unseal', () => {
    fc.assert(
      fc.property(key, binding, bytes, (k, bound, content) => {
        expect(unseal(k, bound, seal(k, bound, content))?.equals(content)).toBe(true);
      }),
    );
  });

  test('is never the same twice, and reveals nothing but the length', () => {
    fc.assert(
      fc.property(key, binding, bytes, (k, bound, content) => {
        const [one, other] = [seal(k, bound, content), seal(k, bound, content)];
        expect(one.length).toBe(12 + content.length + 16);
        expect(one.subarray(0, 12).equals(other.subarray(0, 12))).toBe(false);
        expect(one.equals(other)).toBe(false);
        if (content.length >= 8) expect(one.includes(Buffer.from(content))).toBe(false);
      }),
    );
  });

  test('breaks by any bit', () => {
    const [k, bound] = [Buffer.alloc(32, 7), ['a', 1]];
    const sealed = seal(k, bound, Buffer.from('content'));
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(unseal(k, bound, changed)).toBeUndefined();
    }
    expect(unseal(k, bound, sealed)?.toString()).toBe('content');
  });

  test('breaks by any other length', () => {
    fc.assert(
      fc.property(key, binding, bytes, fc.uint8Array({ minLength: 1 }), (k, bound, content, more) => {
        const sealed = seal(k, bound, content);
        expect(unseal(k, bound, Buffer.concat([sealed, more]))).toBeUndefined();
        expect(unseal(k, bound, Buffer.concat([more, sealed]))).toBeUndefined();
        for (const length of [0, 11, 12, 27, 28, sealed.length - 1].filter((n) => n < sealed.length))
          expect(unseal(k, bound, sealed.subarray(0, length))).toBeUndefined();
      }),
    );
  });

  test('breaks by another key or another binding', () => {
    fc.assert(
      fc.property(key, key, binding, binding, bytes, (k, otherKey, bound, otherBound, content) => {
        const sealed = seal(k, bound, content);
        if (!same([...k], [...otherKey])) expect(unseal(otherKey, bound, sealed)).toBeUndefined();
        if (!same(bound, otherBound)) expect(unseal(k, otherBound, sealed)).toBeUndefined();
      }),
    );
  });

  test.each<[Binding, Binding]>([
    [
      ['ab', 'c'],
      ['a', 'bc'],
    ],
    [['a,b'], ['a', 'b']],
    [['a","b'], ['a', 'b']],
    [['1'], [1]],
    [[1, 2], [12]],
    [[], ['']],
    [['a'], ['a', '']],
    [['\ud800'], ['\ud801']],
    [['\ud800'], ['\ufffd']],
    [['é'], ['e\u0301']],
    [['\0'], ['']],
  ])('of %j is not one of %j', (one, other) => {
    const k = Buffer.alloc(32, 7);
    expect(unseal(k, other, seal(k, one, Buffer.from('x')))).toBeUndefined();
    expect(unseal(k, one, seal(k, other, Buffer.from('x')))).toBeUndefined();
  });
});

test('every purpose, secret and salt has a key of its own', () => {
  const salts = ['', 'salt'].map((text) => Buffer.from(text));
  const keys = ['secret', 'Secret', 'secret2'].flatMap((secret) =>
    salts.flatMap((salt) => ['one', 'two'].map((purpose) => deriveKey(secret, salt, purpose).toString('hex'))),
  );
  expect(new Set(keys).size).toBe(3 * 2 * 2);
  expect(keys.filter((text) => !/^[0-9a-f]{64}$/.test(text))).toEqual([]);
  expect(deriveKey('secret', Buffer.from('salt'), 'one').toString('hex')).toBe(keys[2]);
});

test('a digest depends on the master key, the kind and the secret', () => {
  const [one, other] = [createSealer(Buffer.alloc(32, 1)), createSealer(Buffer.alloc(32, 2))];
  const digests = [one, other].flatMap((sealer) =>
    ['ticket', 'session'].flatMap((kind) => ['s1', 's2'].map((secret) => sealer.digest(kind, secret))),
  );
  expect(new Set(digests).size).toBe(8);
  for (const digest of digests) expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect(one.digest('ticket', 's1')).toBe(digests[0]);
});

test('a sealer unseals with the same kind, secret, binding and master key alone', () => {
  const [one, other] = [createSealer(Buffer.alloc(32, 1)), createSealer(Buffer.alloc(32, 2))];
  const sealed = one.seal('session', 'token', ['a', 1], 'crédit ☃');
  expect(one.unseal('session', 'token', ['a', 1], sealed)).toBe('crédit ☃');
  expect(one.unseal('ticket', 'token', ['a', 1], sealed)).toBeUndefined();
  expect(one.unseal('session', 'Token', ['a', 1], sealed)).toBeUndefined();
  expect(one.unseal('session', 'token', ['a', 2], sealed)).toBeUndefined();
  expect(other.unseal('session', 'token', ['a', 1], sealed)).toBeUndefined();
});

describe('an attacker with a stolen store', () => {
  async function stolen() {
    const apis = await startModernApis();
    afterwards(apis.close);
    const bridge = await startBridge({ applications: [apis.application('previsto', 'key')] });
    afterwards(bridge.close);
    const store = openSqlite(join(bridge.folder, 'data', 'bridge.db'));
    afterwards(store.close);
    const newToken = () => newAuthToken(bridge.url, 'key', credentials.previsto);
    const authToken = await newToken();
    const [session] = await store.sessions();
    if (!session) throw new Error('no session');
    const otherToken = await newToken();
    const source = { file: join(bridge.folder, 'data', 'bridge.key') };
    const master = await openMasterKey(store, source);
    const bound = [session.digest, session.application, session.userId, session.createdAt];
    return { authToken, otherToken, store, source, master, session, bound };
  }

  test('and the key file and the token gets the credential', async () => {
    const { authToken, master, session, bound } = await stolen();
    const content = createSealer(master).unseal('session', authToken, bound, session.sealed);
    expect(content).toBe(credentials.previsto);
  });

  test('but not the key file gets nothing, not even with the token', async () => {
    const { authToken, store, session, bound } = await stolen();
    const other = await temporaryFolder();
    afterwards(other.remove);
    const guess = join(other.path, 'key');
    await openMasterKey(
      { ...store, masterKey: async () => undefined, keepMasterKey: async (made) => made },
      { file: guess },
    );
    await expect(openMasterKey(store, { file: guess })).rejects.toThrow(/is not the key that the credentials/);
    const sealedMaster = (await store.masterKey()) ?? new Uint8Array();
    for (const master of [
      Buffer.alloc(32),
      Buffer.from(sealedMaster.subarray(0, 32)),
      Buffer.from(session.digest, 'hex'),
    ]) {
      const sealer = createSealer(master);
      expect(sealer.unseal('session', authToken, bound, session.sealed)).toBeUndefined();
    }
  });

  test('and the key file, but not the token, gets nothing', async () => {
    const { otherToken, master, session, bound } = await stolen();
    const sealer = createSealer(master);
    const known = ['', 'key', otherToken, session.digest, session.application, master.toString('latin1')];
    for (const secret of known) {
      for (const kind of ['session', 'ticket', ''])
        expect(sealer.unseal(kind, secret, bound, session.sealed)).toBeUndefined();
    }
    const keys = ['session', 'index', 'sealing of the master key', ''].flatMap((purpose) => [
      deriveKey(master, Buffer.alloc(0), purpose),
      deriveKey(master, Buffer.from(session.digest), purpose),
      deriveKey('', master, purpose),
    ]);
    for (const k of [master, ...keys]) {
      expect(unseal(k, ['session', ...bound], session.sealed)).toBeUndefined();
      expect(unseal(k, bound, session.sealed)).toBeUndefined();
    }
  });

  test('cannot replace the master key', async () => {
    const { store, source } = await stolen();
    const sealed = Buffer.from((await store.masterKey()) ?? []);
    for (const changed of [
      sealed.map((byte, at) => (at === 20 ? byte ^ 1 : byte)),
      sealed.subarray(1),
      new Uint8Array(),
    ]) {
      expect(await store.changeMasterKey(sealed, changed)).toBe(true);
      await expect(openMasterKey(store, source)).rejects.toThrow(/is not the key that the credentials/);
      expect(await store.changeMasterKey(changed, sealed)).toBe(true);
    }
    expect(await openMasterKey(store, source)).toHaveLength(32);
  });
});
