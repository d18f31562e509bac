import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { providers } from '../../src/providers/index.js';
import { commonRefusals, type Refusal } from '../../src/upstream/refusals.js';
import { readTable, wordOf } from '../support/cases/refusals.js';
import { type Format, formats } from '../support/clients/legacy.js';
import { rounds } from '../support/rounds.js';
import { type Api, apis, isWrite, startWorkbench, type Workbench } from '../support/servers/workbench.js';

/** A reply of a modern API whose body says what its status alone does not, and the word that an old caller reads. */
interface Case {
  readonly api: Api;
  readonly action: string;
  readonly request: string;
  readonly status: number;
  readonly body: string;
  readonly word: string;
}

const telling = readTable('bodies.txt', 6).map(
  ([api, action = '', request = '', status, word = '', body = '']): Case => ({
    api,
    action,
    request,
    status: Number(status),
    body,
    word,
  }),
);
/** One of the bodies in which SeaTable refuses, with each status: what the common table says is the same for all. */
const plain = readTable('words.txt', 5).flatMap(([api, action = '', status, word = '']): Case[] =>
  api === 'seatable'
    ? [{ api, action, request: 'any', status: Number(status), body: '{"error_msg":"Refused."}', word }]
    : [],
);

let bench: Workbench;
beforeAll(async () => {
  bench = await startWorkbench();
});
afterAll(() => bench.close());
beforeEach(() => bench.renew());

/** The rows whose reason was asked for since: those that decided. */
function deciding(rows: readonly Refusal[]): ReadonlySet<Refusal> {
  const decided = new Set<Refusal>();
  for (const row of rows) {
    const { reason } = row;
    const get = () => {
      decided.add(row);
      return reason;
    };
    Object.defineProperty(row, 'reason', { get, enumerable: true, configurable: true });
  }
  return decided;
}

async function walk(cases: readonly Case[], format: Format = 'rest'): Promise<string[]> {
  const words: string[] = [];
  for (const { api, action, request, status, body } of cases) {
    bench.renew();
    const word = await wordOf(bench, format, api, action, [
      (received) =>
        request === 'any' ||
        (request === 'read' && !isWrite(received)) ||
        (request === 'write' && isWrite(received)) ||
        received.path.endsWith(request),
      { status, body },
    ]);
    words.push([api, action, request, status, word, body].join(' '));
  }
  return words;
}

const linesOf = (cases: readonly Case[]) =>
  cases.map(({ api, action, request, status, word, body }) => [api, action, request, status, word, body].join(' '));

test.each(apis)('%s: what each body says, and every row of its table decides a case', async (api) => {
  const rows = providers.find(({ name }) => name === api)?.refusals ?? [];
  const decided = deciding(rows);
  const cases = telling.filter((each) => each.api === api);
  // In a short run each case has another format.
  for (const [n, format] of formats.entries()) {
    const ofFormat = rounds(
      cases.filter((_case, index) => index % formats.length === n),
      cases,
    );
    expect(await walk(ofFormat, format)).toEqual(linesOf(ofFormat));
  }
  expect(rows.filter((row) => !decided.has(row))).toEqual([]);
});

test('every row of the common table decides a case', async () => {
  const decided = deciding(commonRefusals);
  expect((await walk(plain)).length).toBeGreaterThan(commonRefusals.length);
  expect(commonRefusals.filter((row) => !decided.has(row))).toEqual([]);
});
