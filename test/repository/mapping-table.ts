import { modernRequestOf } from '../../src/bridge/modern-requests.js';
import { type ActionName, actionNames } from '../../src/core/actions.js';
import type { Account, ProviderKind } from '../../src/providers/provider.js';
import { snakeCase } from '../../src/shared/camel-case.js';
import { isObject, type Json, type JsonObject } from '../../src/shared/json.js';
import { readJson } from '../../src/shared/json-reader.js';
import type { Send } from '../../src/upstream/request.js';

const fields = [
  'nativeId',
  'login',
  'name',
  'email',
  'pendingEmail',
  'avatarUrl',
  'languageCode',
  'spaceAmount',
  'spaceUsed',
  'maxUploadSize',
  'planId',
] as const satisfies readonly (keyof Account)[];

/** An account as a provider makes it of these replies, which are given in the order of its requests. */
type ReadWith = (replies: readonly JsonObject[]) => Promise<Account>;

/**
 * What becomes what, as Markdown: for each field of an account the leaves of the modern replies that it is taken from, in
 * the order in which they count; and for each action the request that does its work. It is found by experiment: every leaf
 * of the sandbox's replies gets a value of its own, and the one that a field shows is taken away, until it shows none.
 */
export async function mappingTable(kind: ProviderKind, credential: string, baseUrl: string): Promise<string> {
  const { replies, readWith } = await record(kind, credential, baseUrl);
  const rows = await Promise.all(
    fields.map(async (field) => {
      const sources = await sourcesOf(field, replies, readWith);
      return `| \`${snakeCase(field)}\` | ${sources.map((path) => `\`${path}\``).join(', else ') || '–'} |`;
    }),
  );
  const requests = actionNames.flatMap((action) => requestRow(action, kind));
  return [
    '',
    '| of an account | is |',
    '|---|---|',
    ...rows,
    '| `attributes` | every leaf of the reply, by its dotted path |',
    '',
    '| action | request |',
    '|---|---|',
    ...requests,
    '',
    '',
  ].join('\n');
}

function requestRow(action: ActionName, kind: ProviderKind): string[] {
  const request = modernRequestOf(action, kind, '');
  return request === undefined || request.startsWith('none') ? [] : [`| ${action} | \`${request}\` |`];
}

async function record(kind: ProviderKind, credential: string, baseUrl: string) {
  const replies: JsonObject[] = [];
  const readAccount = (send: Send) => kind.connect({ baseUrl, settings: {}, send }).readAccount(credential);
  await readAccount(async ({ method, url, headers }) => {
    const reply = readJson(await (await fetch(url, { method, headers: { ...headers } })).text());
    if (!isObject(reply)) throw new Error(`${url} replied with no object`);
    replies.push(reply);
    return reply;
  });
  const readWith: ReadWith = (given) => {
    let next = 0;
    return readAccount(async () => given[next++] ?? {});
  };
  return { replies, readWith };
}

async function sourcesOf(
  field: (typeof fields)[number],
  replies: readonly JsonObject[],
  readWith: ReadWith,
): Promise<string[]> {
  const { marked, pathOf } = mark(replies);
  const found: string[] = [];
  for (;;) {
    const account = await readWith(marked.map((reply) => without(reply, found))).catch(() => undefined);
    const path = pathOf.get(String(account?.[field]));
    if (path === undefined || found.includes(path)) return found;
    found.push(path);
  }
}

/** The replies with a value of its own in every leaf, and the path of each value. */
function mark(replies: readonly JsonObject[]) {
  const pathOf = new Map<string, string>();
  const change = (value: Json, path: string): Json => {
    if (isObject(value)) return changeAll(value, path);
    if (typeof value === 'boolean' || Array.isArray(value)) return value;
    const number = 1_000_000 + pathOf.size;
    pathOf.set(String(number), path);
    return typeof value === 'number' ? number : String(number);
  };
  const changeAll = (object: JsonObject, above = ''): JsonObject =>
    Object.fromEntries(
      Object.entries(object).map(([key, value]) => [key, change(value, above === '' ? key : `${above}.${key}`)]),
    );
  return { marked: replies.map((reply) => changeAll(reply)), pathOf };
}

function without(object: JsonObject, paths: readonly string[], above = ''): JsonObject {
  return Object.fromEntries(
    Object.entries(object).flatMap(([key, value]) => {
      const path = above === '' ? key : `${above}.${key}`;
      if (paths.includes(path)) return [];
      return [[key, isObject(value) ? without(value, paths, path) : value]];
    }),
  );
}
