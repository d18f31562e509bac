import { formats, post } from '../support/clients/legacy.js';
import { startUpstream } from '../support/servers/upstream.js';
import { startBridgeProcess } from './children.js';
import type { WorstCase } from './worst-case.js';

/** The limit of a reply of a modern API. */
const BYTES = 1024 * 1024;

const key = (n: number) => n.toString(36);

/** As many of the parts, with commas between them, as a reply of the limit has room for beside the rest of it. */
function filled(begin: string, part: (n: number) => string, end: string): string {
  const parts: string[] = [];
  let room = BYTES - Buffer.byteLength(begin + end);
  for (let n = 0; ; n += 1) {
    const next = part(n);
    room -= Buffer.byteLength(next) + 1;
    if (room < 0) return begin + parts.join(',') + end;
    parts.push(next);
  }
}

const ACCOUNT = '{"id":"1","login":"l","email":"e@example.com"';
const inList = (part: (n: number) => string) => filled(`${ACCOUNT},"list":[`, part, ']}');
const inObject = (part: (n: number) => string) => filled(`${ACCOUNT},"meta":{`, part, '}}');
const text = (unit: string) => `${ACCOUNT},"name":"${unit.repeat((BYTES - 100) / Buffer.byteLength(unit))}"}`;
const accounts = (part: (n: number) => string) => filled('{"values":[', part, ']}');

/** Replies of up to the limit, each as costly as one of its kind can be. */
const accountReplies: Readonly<Record<string, string>> = {
  zeros: inList(() => '0'),
  'keys at the top': filled(`${ACCOUNT},`, (n) => `"key number ${key(n)}":"v"`, '}'),
  'short keys': inObject((n) => `"${key(n)}":0`),
  'long numbers': inList(() => '1234567890123456.7'),
  'short fractions': inList(() => '.1'.padStart(3, '0')),
  'empty objects': inList(() => '{}'),
  'empty lists': inList(() => '[]'),
  'empty texts': inList(() => '""'),
  'escaped texts': inList(() => '"\\n"'),
  'objects of one key': inList(() => '{"a":0}'),
  'deep lists': inList(() => `${'['.repeat(190)}0${']'.repeat(190)}`),
  'deep objects': inList(() => `${'{"a":'.repeat(190)}0${'}'.repeat(190)}`),
  'one key, repeated': inObject(() => '"a":0'),
  'one key with objects, repeated': inObject((n) => `"a":{"b":${n}}`),
  'a long key over many': filled(`${ACCOUNT},"${'k'.repeat(BYTES / 2)}":{`, (n) => `"${key(n)}":0`, '}}'),
  'a text of ampersands': text('&'),
  'a text of escapes': text('\\u0026'),
  'a text of control characters': text('\\u0001'),
  'a text beside a fraction': text('x').replace('{', '{"f":1.5,'),
  'a text of two bytes a character': text('\u0416'),
};

const listReplies: Readonly<Record<string, string>> = {
  'small accounts': accounts((n) => `{"id":"${n}"}`),
  'usual accounts': accounts(
    (n) =>
      `{"id":"0fa9f4ce-8ac1-4ae1-9d3c-1a${n}","name":"Someone","email":"someone${n}@example.com","planId":"d2f1e7a2-0000-4ae1-9d3c-1ab2","revision":${n},"roles":["admin","marketing"]}`,
  ),
  'accounts with many values': accounts(
    (n) => `{"id":"${n}","values":[${Array.from({ length: 900 }, (_, m) => m).join(',')}]}`,
  ),
  'accounts with a fraction': accounts((n) => `{"id":"${n}","email":"e","share":0.5}`),
  'accounts with long keys': accounts(
    (n) => `{"id":"${n}","${'k'.repeat(4000)}":{${Array.from({ length: 900 }, (_, m) => `"${key(m)}":0`).join(',')}}}`,
  ),
};

/** How many calls at once show what the memory of a process has to hold. */
const AT_ONCE = 12;

/**
 * What the bridge needs for the most expensive replies of modern APIs of up to a mebibyte: for each, and in each format,
 * calls to a process that has answered nothing but small ones before. The memory is by how much what is resident grew at
 * most in the first of them, the CPU time the mean of those that follow it; where twelve calls come at once, a twelfth.
 */
export async function worstReplies(): Promise<readonly WorstCase[]> {
  const cases: WorstCase[] = [];
  for (const [action, replies] of [
    ['get_account_details', accountReplies],
    ['find_accounts', listReplies],
  ] as const) {
    for (const [name, reply] of Object.entries(replies)) {
      for (const format of formats) cases.push(await measure(`${name}, ${format}`, action, format, reply, 1));
      cases.push(await measure(`${name}, ${AT_ONCE} at once, each`, action, 'soap', reply, AT_ONCE));
    }
  }
  return cases.sort((a, b) => b.cpuMs - a.cpuMs);
}

async function measure(
  name: string,
  action: 'get_account_details' | 'find_accounts',
  format: (typeof formats)[number],
  reply: string,
  count: number,
): Promise<WorstCase> {
  let body = SMALL[action];
  const upstream = await startUpstream((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(body);
  });
  const provider = action === 'find_accounts' ? 'golem' : 'previsto';
  const bridge = await startBridgeProcess({ applications: [{ api_key: 'k', provider, base_url: upstream.url }] });
  // Each call has a token of its own: equal reads in flight would be one request.
  const callWith = async (token: string) => {
    const response = await post(bridge.url, format, action, Object.entries({ api_key: 'k', auth_token: token }));
    return response.text();
  };
  for (let n = 0; n < WARM_UP; n += 1) await callWith(`t${n}`);
  body = reply;
  let calls = 0;
  const callAtOnce = () => {
    calls += count;
    return Promise.all(Array.from({ length: count }, (_, n) => callWith(`u${calls}-${n}`)));
  };
  await bridge.memory();
  const cold = await bridge.usage();
  await callAtOnce();
  const before = await bridge.usage();
  for (let n = 0; n < REPETITIONS; n += 1) await callAtOnce();
  const after = await bridge.usage();
  await bridge.close();
  await upstream.close();
  return {
    name,
    bytes: Buffer.byteLength(reply),
    cpuMs: (after.cpuMs - before.cpuMs) / count / REPETITIONS,
    megabytes: (before.peak - cold.rss) / count / 1024 / 1024,
  };
}

const SMALL = { get_account_details: `${ACCOUNT}}`, find_accounts: `{"values":[${ACCOUNT}}]}` };
const WARM_UP = 200;
const REPETITIONS = 5;
