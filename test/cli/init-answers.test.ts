import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { type Answers, configOf, kindOf, problemOf } from '../../src/cli/init-answers.js';
import { readConfig } from '../../src/config/load.js';
import { actionNames } from '../../src/core/actions.js';
import { providers } from '../../src/providers/index.js';

const answers: Answers = {
  provider: 'seatable',
  baseUrl: 'https://seatable.example',
  apiKey: 'key-of-an-old-program',
  credentials: 'vault',
  publicUrl: 'https://www.box.example.com',
};

const place = { file: 'bridge.yaml', variables: { OLD_KEY: 'a' } };
const reference = (name: string) => `$\{${name}}`;

/** The configuration of answers, as the bridge reads it. */
async function configured(changed: Partial<Answers>) {
  const all = { ...answers, ...changed };
  const text = configOf(all, await kindOf(all.provider, place));
  return { text, config: readConfig(text, { directory: '/', actions: actionNames, providers }) };
}

describe('the configuration that answers make', () => {
  test.each(providers)('is good for $name, and says what its users need', async (kind) => {
    const { text, config } = await configured({ provider: kind.name });
    expect(config.applications).toMatchObject([
      {
        apiKey: 'key-of-an-old-program',
        provider: kind.name,
        baseUrl: 'https://seatable.example',
        credentials: 'vault',
      },
    ]);
    const comments = text.match(/^ *# .*$/gm)?.join('\n');
    for (const part of [kind.title, kind.credential.name, kind.credential.hint, ...Object.keys(kind.settings ?? {})])
      expect(comments).toContain(part);
  });

  test.each([
    ['http://127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
    ['http://localhost:9000', { host: '127.0.0.1', port: 9000 }],
    ['http://[::1]:9000', { host: '::1', port: 9000 }],
    ['http://[2001:db8::1]:9000', { host: '::', port: 9000 }],
    ['http://www.box.example.com', { host: '0.0.0.0', port: 80 }],
    ['https://www.box.example.com:8443', { host: '127.0.0.1', port: 8080 }],
  ])('listens where %s leads', async (publicUrl, listen) => {
    const trustProxy = publicUrl.startsWith('https:') ? 1 : false;
    expect((await configured({ publicUrl })).config).toMatchObject({ listen, publicUrl, trustProxy });
  });

  test.each([
    'it\'s "quoted"',
    'a: b # c',
    '- x',
    '123',
    'true',
    '{a, b}',
    'two\nlines',
    ' a ',
    '*é☃',
    '#',
    '\0',
    '\u2028',
  ])('has the api_key %j as it is', async (apiKey) => {
    expect((await configured({ apiKey })).config.applications).toMatchObject([{ apiKey }]);
    expect(problemOf('apiKey', apiKey, place)).toBeUndefined();
  });

  test('keeps the texts of a module in their comments', async () => {
    const kind = await kindOf('seatable', place);
    const odd = 'first\nlisten: { port: 1 }\r\u2028third';
    const settings = { color: { kind: 'choice', choices: ['red', 'blue'], description: odd } } as const;
    const text = configOf(answers, { ...kind, title: odd, credential: { name: odd, hint: odd }, settings });
    expect(parse(text)).toEqual(parse(configOf(answers, kind)));
    expect(text).toContain('    # color: red | blue – first listen: { port: 1 } third\n');
  });
});

test.each<[keyof Answers, string, string]>([
  ['provider', 'fax', 'must be seatable, previsto, terraform, golem, box or the path of a module'],
  ['baseUrl', 'seatable.example', 'must be an http or https URL'],
  ['baseUrl', '', 'must be an http or https URL'],
  ['apiKey', '', 'must be a text that is not empty'],
  ['apiKey', reference('NOWHERE'), 'the variable NOWHERE is not set'],
  ['credentials', 'safe', 'must be passthrough or vault'],
  ['publicUrl', 'ftp://x', 'must be an http or https URL'],
])('an answer for %s is not %j', (name, answer, problem) => {
  expect(problemOf(name, answer, place)).toMatch(problem);
  expect(problemOf(name, answer, place)).not.toContain('\n');
});

test.each<[keyof Answers, string]>([
  ['provider', './own.js'],
  ['provider', 'golem'],
  ['baseUrl', 'http://127.0.0.1:1/api/'],
  ['apiKey', reference('OLD_KEY')],
  ['credentials', 'vault'],
  ['publicUrl', 'http://[::1]'],
])('an answer for %s may be %j', (name, answer) => {
  expect(problemOf(name, answer, place)).toBeUndefined();
});
