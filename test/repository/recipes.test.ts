import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { demoApplications, demoVault } from '../../src/bootstrap/demo.js';
import { type Action, actionNames, actions } from '../../src/core/actions.js';
import { httpErrors, httpStatusOf, statusWord } from '../../src/core/error-mapping.js';
import type { Reason } from '../../src/core/fault.js';
import { createProtocols } from '../../src/protocols/index.js';
import { openWsdl } from '../../src/protocols/soap/wsdl.js';
import { providers } from '../../src/providers/index.js';
import { sandboxCredentials, sandboxPaths } from '../../src/sandbox/sandbox.js';
import { formats } from '../support/clients/legacy.js';
import { userPages } from './pages.js';
import { partIn } from './parts.js';
import { root } from './programs.js';
import { tableRows } from './tables.js';

const textOf = (path: string) => readFileSync(join(root, path), 'utf8');
/** All pages for users. */
const docs = userPages()
  .map(({ text }) => text)
  .join('\n');
/** What the pages say of a key of the configuration. */
const keyRow = (key: string) =>
  tableRows(docs, 'key')
    .filter(([cell = '']) => cell.split(/[^a-z_]/).includes(key))
    .join();
const wsdl = await openWsdl();
await wsdl.load();
const protocols = createProtocols({ xmlDepth: 32 }, wsdl);

describe('a provider', () => {
  const general = ['cache', 'common', 'index', 'load', 'own-kind', 'own-provider', 'provider', 'resolve-sdk', 'sdk'];

  const [picture = ''] = textOf('README.md').match(/┌.*┘/s) ?? [];

  test('that has a file is in the list', () => {
    const files = readdirSync(join(root, 'src/providers')).map((name) => name.replace(/\.ts$/, ''));
    const names = providers.map(({ name }) => name);
    expect(files.filter((name) => !general.includes(name)).sort()).toEqual(names.sort());
  });

  test.each(providers)('is in the documentation: $title', ({ name, title }) => {
    expect(docs).toContain(title);
    expect(picture.match(new RegExp(`\\b${title}\\b`, 'g'))).toHaveLength(1);
    expect(keyRow('provider')).toContain(`\`${name}\``);
  });

  test('of the sandbox is one of the list, has credentials there and is in the demo', () => {
    const played = Object.keys(sandboxPaths).sort();
    expect(providers.map(({ name }) => name)).toEqual(expect.arrayContaining(played));
    expect([...new Set(sandboxCredentials.map(({ provider }) => provider))].sort()).toEqual(played);
    expect([...new Set([...demoApplications, demoVault].map(({ provider }) => provider))].sort()).toEqual(played);
  });
});

describe('an action', () => {
  const own = actionNames.filter((name) => 'isOwn' in actions[name]);

  test("that is the bridge's own is in the documentation with its parameters and results", () => {
    const rows = tableRows(docs, 'action').filter(({ length }) => length === 3);
    const expected = own.map((name) => {
      const { parameters, prefix }: Action = actions[name];
      const taken = Object.entries({ ...parameters, ...(prefix && { [`${prefix}NAME`]: 'optional' }) }).filter(
        ([parameter]) => parameter !== 'auth_token',
      );
      const given = wsdl.responseParts(name)?.map((part) => part.name) ?? [];
      return [
        name,
        taken.map(([parameter, presence]) => (presence === 'optional' ? `[${parameter}]` : parameter)).join(', '),
        given.filter((part) => part !== 'status' && part !== 'message').join(', '),
      ];
    });
    expect(rows).toEqual(expected);
  });

  test('has a column in the matrix, filled in every row', () => {
    const [head = [], ...rows] = (partIn(docs, 'matrix') ?? '').split('\n').filter((line) => line.startsWith('|'));
    const columns = String(head).split(' | ').slice(2).join(' ').replace(/ \|$/, '').split(' ');
    expect(columns).toEqual(actionNames);
    const widths = new Set(rows.map((row) => row.split('|').length));
    expect([...widths]).toEqual([actionNames.length + 4]);
  });
});

describe('a protocol', () => {
  test.each(protocols)('has an example in the documentation, whose answer is checked: $name', ({ path }) => {
    expect(docs).toMatch(new RegExp(`^\\$ curl '[^']*${path}[?']`, 'm'));
  });

  test('is called by the callers of the tests', () => {
    expect(protocols.map(({ name }) => name)).toEqual([...formats]);
  });

  test.each(protocols)('has requests that are hostile: $name', ({ name }) => {
    const cases = readdirSync(join(root, 'test/fixtures/wire/hostile'));
    expect(cases.filter((each) => each.startsWith(`${name}-`)).length).toBeGreaterThan(0);
  });
});

describe('a key of the configuration', () => {
  test('that is in the documentation is in the full configuration, which the tests read', () => {
    const full = new Set(textOf('test/fixtures/config/full.yaml').match(/[a-z_]+(?=:)/g));
    const keys = tableRows(docs, 'key').flatMap(([cell = '']) => cell.match(/[a-z_]+/g) ?? []);
    expect(keys.length).toBeGreaterThan(30);
    expect(keys.filter((key) => !full.has(key))).toEqual([]);
  });
});

describe('a status word', () => {
  /** Every reason; one that is missing here does not compile. */
  const reasons: Readonly<Record<Reason, true>> = {
    malformed: true,
    restricted: true,
    unauthenticated: true,
    missing: true,
    invalid: true,
    conflict: true,
    unavailable: true,
    internal: true,
  };
  const rows = tableRows(docs, 'status').map(([words = '', meaning = '']) => ({ words, meaning }));

  /** As the documentation writes it; of success it has an example. */
  const shown = (action: string, word: string) => `\`${word.replace(`e_${action}`, 'e_<action>')}\``;

  test('is in the documentation, and what is there is one', () => {
    const words = Object.keys(reasons).flatMap((reason) =>
      actionNames.flatMap((action) => [
        shown(action, statusWord(action, toReason(reason))),
        shown(action, statusWord(action, toReason(reason), 'email')),
      ]),
    );
    const ofSuccess = actionNames.map((action) => statusWord(action)).filter((word) => !word.endsWith('_ok'));
    const inDocs = rows.flatMap((row) => row.words.match(/`[^`]+`/g) ?? []);
    expect(inDocs.sort()).toEqual(
      [...new Set(['`get_account_info_ok`', ...ofSuccess.map((word) => `\`${word}\``), ...words])].sort(),
    );
  });

  test.each(Object.keys(reasons))('that is not answered with HTTP 200 says so there: %s', (reason) => {
    const http = httpStatusOf({ reason: toReason(reason) });
    const row = rows.find(({ words }) => words.includes(`\`${statusWord('<action>', toReason(reason))}\``));
    expect(http === 200 || row?.meaning.includes(`HTTP ${http}`)).toBe(true);
  });

  test('comes with an HTTP status that is there too, where HTTP refuses the request', () => {
    const { unauthorized: _, forbidden: __, ...ofCalls } = httpErrors;
    const inDocs = tableRows(docs, 'HTTP').flatMap(([cell = '']) => cell.split(', '));
    expect(inDocs.map(Number).sort()).toEqual(Object.values(ofCalls).sort());
  });

  function toReason(text: string): Reason {
    const isReason = (name: string): name is Reason => Object.hasOwn(reasons, name);
    if (!isReason(text)) throw new Error(`${text} is no reason`);
    return text;
  }
});

describe('a store', () => {
  const kinds = [...textOf('src/store/open.ts').matchAll(/readonly kind: '(\w+)'/g)].map(([, kind = '']) => kind);

  test('has the kinds of StorePlace', () => {
    expect(kinds.length).toBeGreaterThanOrEqual(2);
  });

  test.each(kinds)('runs the suite of stores and is in the documentation: %s', (kind) => {
    expect(textOf(`test/store/${kind}.test.ts`)).toMatch(/\bstoreSuite\(/);
    expect(keyRow('store')).toMatch(new RegExp(`\`${kind}[^\`]*:`));
  });
});
