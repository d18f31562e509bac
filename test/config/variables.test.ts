import { describe, expect, test } from '@jest/globals';
import { ConfigError } from '../../src/config/config.js';
import { readConfig } from '../../src/config/load.js';
import { actionNames } from '../../src/core/actions.js';
import { providers } from '../../src/providers/index.js';

/** `${NAME}` in the values of a configuration. */

const variables = {
  KEY: 'key-of-an-old-program',
  EMPTY: '',
  PORT: '8081',
  YES: 'true',
  NO: 'False',
  HALF: '.5',
  QUARTER: '0.25',
  LINES: 'one\nstore: "x"\n\t# \'two\'',
  REFERENCE: '${KEY}',
  OF_FILE: 'key-in-a-file\r\n',
  LINE_END: '\n',
  PORT_OF_FILE: '8081\n',
  HOST: 'api.example.com',
};

const read = (apiKey: string, above = '') =>
  readConfig(
    `${above}\napplications:\n- { api_key: ${apiKey}, provider: seatable, base_url: "https://${'${HOST}'}/v1" }\n`,
    { directory: '/etc/bridge', actions: actionNames, providers, variables },
  );

const problemsOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ line, message }) => [line, message] as const);
    throw error;
  }
  throw new Error('it was taken');
};

test.each([
  ['"${KEY}"', variables.KEY],
  ['"${KEY}-${PORT}"', `${variables.KEY}-8081`],
  ["'${PORT}'", '8081'],
  ['"${UNSET:-a default}"', 'a default'],
  ['"${EMPTY:-a default}"', 'a default'],
  ['"${KEY:-a default}"', variables.KEY],
  ['"${LINES}"', variables.LINES],
  ['"${REFERENCE}"', '${KEY}'],
  ['"${OF_FILE}"', 'key-in-a-file'],
  ['"${OF_FILE}-${OF_FILE}"', 'key-in-a-file-key-in-a-file'],
  ['"${LINE_END:-a default}"', 'a default'],
  ['"$${KEY}"', '${KEY}'],
  ['"$KEY"', '$KEY'],
  ['"a$"', 'a$'],
])('the api_key %s', (written, apiKey) => {
  const [application] = read(written).applications;
  expect(application).toMatchObject({ apiKey, baseUrl: 'https://api.example.com/v1' });
});

test('a number in a variable with a line end', () => {
  expect(read('k', 'listen:\n  port: ${PORT_OF_FILE}')).toMatchObject({ listen: { port: 8081 } });
});

test('a number and a boolean without quotes', () => {
  expect(
    read('k', 'listen:\n  port: ${PORT}\ntrust_proxy: ${YES}\nlimits:\n  body_bytes: ${UNSET:-4096}'),
  ).toMatchObject({
    listen: { port: 8081 },
    trustProxy: true,
    limits: { bodyBytes: 4096 },
  });
});

test.each([
  ['HALF', 0.5],
  ['QUARTER', 0.25],
])('a number with a point: %s', (name, sample) => {
  expect(read('k', `record:\n  file: calls\n  sample: $\{${name}}`).record).toMatchObject({ sample });
});

test('a boolean in the spellings of YAML', () => {
  expect(read('k', 'admin:\n  console: ${NO}').admin).toMatchObject({ console: false });
});

test('a comment and a key are left as they are', () => {
  expect(read('k', '# ${UNSET}').applications).toHaveLength(1);
  expect(problemsOf(() => read('k', '${KEY}: 1'))[0]?.[1]).toMatch(/not a known key|is not known/);
});

describe('a problem, with its line and without a value', () => {
  test.each([
    ['"${UNSET}"', 'the variable UNSET is not set; set it, or write ${UNSET:-default}'],
    ['"${}"', '${ begins no variable; write ${NAME}, ${NAME:-default}, or $${ for the text'],
    ['"${KEY"', '${ begins no variable; write ${NAME}, ${NAME:-default}, or $${ for the text'],
    ['"${1KEY}"', '${ begins no variable; write ${NAME}, ${NAME:-default}, or $${ for the text'],
    ['"${UNSET:-${KEY}}"', 'the default of UNSET holds another variable; write one that is a text alone'],
    ['"${KEY:-${UNSET}}"', 'the default of KEY holds another variable; write one that is a text alone'],
  ])('%s', (written, message) => {
    expect(problemsOf(() => read(written, 'listen:\n  port: 1'))).toEqual([[4, message]]);
  });

  test('without quotes in a block of braces, once for its line', () => {
    const message =
      'between { } or [ ] a variable takes quotes: "${NAME}"; for a number, true or false write the block in lines, without braces and quotes';
    expect(problemsOf(() => read('${KEY}'))).toEqual([[3, message]]);
    expect(problemsOf(() => read('k', 'listen: { port: ${PORT} }'))).toEqual([[1, message]]);
    expect(problemsOf(() => read('k', 'trust_proxy: [${HOST}, ${KEY}]'))).toContainEqual([1, message]);
  });

  test('several', () => {
    const above = 'public_url: ${ONE}\nstore: sqlite:${TWO}';
    expect(problemsOf(() => read('k', above)).map(([line]) => line)).toEqual([1, 2]);
  });

  test('beside all others, and none that comes of it', () => {
    const yaml = [
      'colour: blue',
      'trust_proxy: [ "${ONE}" ]',
      'applications:',
      '- { api_key: "${TWO}", provider: "${THREE}", base_url: "https://h", account_id: a }',
      '- { api_key: "${TWO}", provider: seatable, base_url: "https://${FOUR}", colour: blue }',
    ].join('\n');
    const options = { directory: '/etc/bridge', actions: actionNames, providers, variables };
    expect(problemsOf(() => readConfig(yaml, options)).map(([line, message]) => [line, message.slice(0, 24)])).toEqual([
      [1, 'colour is not a known ke'],
      [2, 'the variable ONE is not '],
      [4, 'the variable TWO is not '],
      [4, 'the variable THREE is no'],
      [5, 'the variable TWO is not '],
      [5, 'the variable FOUR is not'],
      [5, 'applications[1].colour i'],
    ]);
  });

  test('of what was put in', () => {
    expect(problemsOf(() => read('"${EMPTY}"'))).toHaveLength(1);
    expect(JSON.stringify(problemsOf(() => read('k', 'public_url: ${KEY}')))).not.toContain(variables.KEY);
  });
});
