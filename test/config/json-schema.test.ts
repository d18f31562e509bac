import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { ConfigError } from '../../src/config/config.js';
import { configJsonSchema } from '../../src/config/json-schema.js';
import { readConfig } from '../../src/config/load.js';
import { actionNames } from '../../src/core/actions.js';
import { providers } from '../../src/providers/index.js';

/** The schema for editors, before a validator that is not the one that it was made from. */

const root = fileURLToPath(new URL('../../../', import.meta.url));
const textOf = (path: string) => readFileSync(root + path, 'utf8');
const known = { actions: actionNames, providers };

const schema = configJsonSchema(known);
const validate = new Ajv({ strict: true, strictTypes: false, strictRequired: false }).compile(schema);
const isValid = (yaml: string) => validate(parse(yaml));

const samples = ['examples/bridge.yaml', 'deploy/compose/bridge.yaml', 'deploy/systemd/bridge.yaml'];

const full = textOf('test/fixtures/config/full.yaml');

test.each([...samples.map((path) => [path, textOf(path)]), ['the full configuration', full]])(
  '%s is valid',
  (_name, yaml) => {
    validate(parse(yaml));
    expect(validate.errors ?? []).toEqual([]);
  },
);

test.each(samples)('%s names the schema that is packed, and that file is current', (path) => {
  const [, named = ''] = /^# yaml-language-server: \$schema=(\S+)$/m.exec(textOf(path)) ?? [];
  const file = fileURLToPath(new URL(named, new URL(path, `file://${root}`)));
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(schema)));
});

/** A configuration with these lines above, and these in its application. */
const one = (above: string, inside = '', provider = 'golem') =>
  `${above}\napplications:\n- { api_key: k, provider: ${provider}, base_url: "https://h"${inside && `, ${inside}`} }\n`;

function isLoaded(yaml: string): boolean {
  try {
    readConfig(yaml, {
      ...known,
      directory: root,
      variables: { PORT: '1', ON: 'true', KIND: 'golem', URL: 'https://h' },
    });
    return true;
  } catch (error) {
    if (error instanceof ConfigError) return false;
    throw error;
  }
}

const variable = (name: string) => `$\{${name}}`;

describe('agrees with the bridge', () => {
  test.each([
    one(''),
    one('', 'account_id: a'),
    one('', 'password_keys: snake', 'terraform'),
    one('', 'shadow: { provider: golem, base_url: "https://h", account_id: a }', 'seatable'),
    one('', 'workspace: w', './own.js').replace('workspace: w', 'name: w'),
    one('trust_proxy: 2'),
    one('trust_proxy: [10.0.0.0/8]'),
    one('record: { file: a, sample: 0.5 }'),
    one(`listen:\n  port: ${variable('PORT')}\nadmin:\n  console: ${variable('ON')}`),
    one('', '', `"${variable('KIND')}"`).replace('https://h', variable('URL')),
    one('', 'fault_status: 200, defaults: { space_used: 9223372036854775807 }'),
  ])('that this is good: %s', (yaml) => {
    expect([isValid(yaml), isLoaded(yaml)]).toEqual([true, true]);
  });

  test.each([
    '',
    '[]',
    'applications: []',
    one('colour: blue'),
    one('listen: { hots: here }'),
    one('listen: { port: 65536 }'),
    one('listen: { port: eighty }'),
    one('limits: { body_bytes: 0 }'),
    one('record: { file: a, sample: 2 }'),
    one('log: { level: loud }'),
    one('public_url: www.box.example.com'),
    one('store: bridge.db'),
    one('store: sqlite:a.db\nstore_file: b'),
    one('trust_proxy: maybe'),
    one('', 'account_id: a', 'seatable'),
    one('', 'password_keys: camel', 'terraform'),
    one('', 'shadow: { provider: seatable, base_url: "https://h", account_id: a }'),
    one('', 'shadow: { provider: golem }'),
    one('', '', 'gollem'),
    one('', 'api_key_file: k.txt'),
    one('').replace('api_key: k, ', ''),
    one('').replace('https://h', 'h'),
    one('', 'actions: [get_acount_info]'),
    one('', 'fault_status: 404'),
    one('', 'token_days: 0'),
  ])('that this is wrong: %s', (yaml) => {
    expect([isValid(yaml), isLoaded(yaml)]).toEqual([false, false]);
  });
});

test('every key says what it is for', () => {
  const silent = (value: unknown, path: string): string[] => {
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([key, child]: [string, unknown]) => {
      if (key !== 'properties' || typeof child !== 'object' || child === null) return silent(child, `${path}/${key}`);
      return Object.entries(child).flatMap(([name, each]: [string, unknown]) => {
        const isBlock = typeof each === 'object' && each !== null && 'properties' in each;
        const isSaid = typeof each !== 'object' || each === null || 'description' in each || isBlock;
        return [...(isSaid ? [] : [`${path}/${name}`]), ...silent(each, `${path}/${name}`)];
      });
    });
  };
  // What is only said again of one provider has its description above.
  expect(silent(schema, '').filter((path) => !/\/(if|then)\//.test(path))).toEqual([]);
  expect(JSON.stringify(schema)).toContain('whose account');
  expect(JSON.stringify(schema)).not.toContain('unlessGiven');
});
