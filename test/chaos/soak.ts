import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { sandboxPaths } from '../../src/sandbox/sandbox.js';
import { bodies, type Format, formats, type Parameters } from '../support/clients/legacy.js';
import { credentials, providerNames } from '../support/servers/modern-apis.js';
import { child, megabytes, startBridgeProcess } from './children.js';

/**
 * An hour's worth of calls in a while: `npm run soak [CALLS] [MINUTES]`, whichever is over first. Calls of every format
 * to every modern API, sign-ins, rejected calls and malformed requests, from 32 callers at once. Prints the memory of
 * the bridge as it goes; ends with 1 where it grows after the first sixth, or where a reply is not the one that belongs
 * there.
 */
const [calls = 1_000_000, minutes = 10] = process.argv.slice(2).map(Number);

const CALLERS = 32;
const WARM_SHARE = 1 / 6;
const REPORT_MS = 15_000;
const RSS_GROWTH = 48 * 1024 * 1024;
const HEAP_GROWTH = 8 * 1024 * 1024;

const sandbox = child('sandbox', '');
const [{ url: modern }] = await once(sandbox, 'message');
const applications = providerNames.flatMap((provider) => {
  const application = { api_key: provider, provider, base_url: modern + sandboxPaths[provider] };
  return [application, { ...application, api_key: `vault-${provider}`, credentials: 'vault' }];
});
const down = { api_key: 'down', provider: 'previsto', base_url: 'http://127.0.0.1:1' };
const bridge = await startBridgeProcess({
  trust_proxy: true,
  limits: { tickets_per_minute: 1_000_000 },
  applications: [...applications, down],
});
const agent = new Agent({ keepAlive: true, maxSockets: CALLERS });

interface Answer {
  readonly status: number;
  readonly text: string;
}

const times = new Float64Array(calls + 10 * CALLERS);
let made = 0;
const wrong = new Map<string, number>();

function send(method: string, path: string, body: string | Buffer = '', headers = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const length = { 'Content-Length': Buffer.byteLength(body) };
    const sent = request(`${bridge.url}${path}`, { method, agent, headers: { ...length, ...headers } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        times[made] = performance.now() - begin;
        made += 1;
        resolve({ status: response.statusCode ?? 0, text });
      });
    });
    // The server closed a kept-alive connection in the same moment.
    const again = () => (sent.reusedSocket ? send(method, path, body, headers).then(resolve, reject) : undefined);
    sent.on('error', (error) => again() ?? reject(error)).end(body);
  });
}

/** Records a reply without the expected text. */
function expectIn(what: string, { status, text }: Answer, word: string): void {
  if (text.includes(word)) return;
  const line = `${what}: ${status} ${text.slice(0, 200)}`;
  wrong.set(line, (wrong.get(line) ?? 0) + 1);
}

const elementIn = (name: string, { text }: Answer) =>
  new RegExp(`<${name}(?: [^>]*)?>([^<]*)</${name}>`).exec(text)?.[1] ?? '';

async function call(format: Format, action: string, parameters: Parameters, word: string): Promise<Answer> {
  const answer = await send('POST', `/api/1.0/${format}`, bodies[format](action, parameters));
  expectIn(`${format} ${action}`, answer, word);
  return answer;
}

async function raw(method: string, path: string, word: string, body: string | Buffer = '', headers = {}) {
  expectIn(`${method} ${path}`, await send(method, path, body, headers), word);
}

type Job = (index: number, format: Format) => Promise<unknown>;

async function signIn(provider: (typeof providerNames)[number], format: Format): Promise<void> {
  const key: Parameters = [['api_key', `vault-${provider}`]];
  const ticket = elementIn('ticket', await call(format, 'get_ticket', key, 'get_ticket_ok'));
  const page = `/api/1.0/auth/${ticket}`;
  await raw('GET', page, 'password');
  const form = new URLSearchParams({ login: '', password: credentials[provider] });
  await raw('POST', page, 'You are signed in', form.toString());
  const redeemed = await call(format, 'get_auth_token', [...key, ['ticket', ticket]], 'get_auth_token_ok');
  const session: Parameters = [...key, ['auth_token', elementIn('auth_token', redeemed)]];
  await call(format, 'get_account_info', session, 'get_account_info_ok');
  await call(format, 'logout', session, 'logout_ok');
}

const reads = providerNames.flatMap((provider): Job[] => {
  const who: Parameters = [
    ['api_key', provider],
    ['auth_token', credentials[provider]],
  ];
  return [
    (_turn, format) => call(format, 'get_account_info', who, 'get_account_info_ok'),
    (_turn, format) => call(format, 'get_account_details', who, 'get_account_details_ok'),
    (index, format) => call(format, 'update_account', [...who, ...change(provider, index)], 'update_account_ok'),
    (index, format) =>
      call(format, 'get_account_info', [who[0] ?? ['', ''], ['auth_token', `no-${index}`]], 'not_logged_in'),
    (_turn, format) => signIn(provider, format),
  ];
});

function change(provider: string, index: number): Parameters {
  if (provider === 'seatable') return [['email', `a${index % 100}@example.com`]];
  return provider === 'terraform' ? [['login', `boss${index % 100}`]] : [['name', `Name ${index % 100}`]];
}

const anybody: Parameters = [
  ['api_key', 'previsto'],
  ['auth_token', 'sk'],
];
const others: Job[] = [
  (index, format) =>
    call(
      format,
      'get_account_info',
      [
        ['api_key', `none-${index}`],
        ['auth_token', 'x'],
      ],
      'restricted',
    ),
  (_turn, format) => call(format, 'create_folder', anybody, 'restricted'),
  (index) => raw('GET', `/api/1.0/rest?action=nothing${index}&api_key=previsto`, 'wrong_input'),
  () => raw('POST', '/api/1.0/xml', 'wrong_input', '<request><action>get_account_info</api_key>'),
  () => raw('POST', '/api/1.0/soap', 'SOAP-ENV:Client', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
  (index) => raw('DELETE', `/api/1.0/rest?${index}`, 'wrong_input'),
  (index) => raw('GET', `/somewhere/${index}`, 'wrong_input'),
  () => raw('POST', '/api/1.0/xml', 'wrong_input', Buffer.alloc(70_000, 'x')),
  () => raw('POST', '/api/1.0/xml', 'wrong_input', 'not packed', { 'Content-Encoding': 'gzip' }),
  () =>
    raw('POST', '/api/1.0/xml', 'wrong_input', gzipSync(Buffer.alloc(500_000, 'x')), { 'Content-Encoding': 'gzip' }),
  (index) => raw('GET', `/api/1.0/auth/${index}`, 'This sign-in is over'),
  () => raw('GET', '/api/1.0/soap?wsdl', 'definitions'),
  (_turn, format) =>
    call(
      format,
      'get_account_info',
      [
        ['api_key', 'down'],
        ['auth_token', 'x'],
      ],
      'service_unavailable',
    ),
  () => raw('GET', '/metrics', 'boxbridge_calls_total'),
  () => raw('GET', '/readyz', 'ok'),
];
// An old program reads, mostly.
const jobs = [...reads, ...reads, ...reads, ...others];

const begin = performance.now();
const share = () => Math.max(made / calls, (performance.now() - begin) / (minutes * 60_000));
let index = 0;
async function caller(): Promise<void> {
  while (share() < 1) {
    index += 1;
    const mine = index;
    await jobs[mine % jobs.length]?.(mine, formats[Math.floor(mine / jobs.length) % formats.length] ?? 'rest');
  }
}

interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
}
const samples: (Memory & { share: number })[] = [];
async function look(): Promise<void> {
  const memory = await bridge.memory();
  samples.push({ ...memory, share: share() });
  const seconds = (performance.now() - begin) / 1000;
  const { rss, heapUsed } = memory;
  console.log(
    `${seconds.toFixed()} s, ${made} calls, ${(made / seconds).toFixed()}/s: rss ${megabytes(rss)}, heap ${megabytes(heapUsed)}`,
  );
}

let looking = Promise.resolve();
const timer = setInterval(() => {
  looking = looking.then(look);
}, REPORT_MS);
await Promise.all(Array.from({ length: CALLERS }, caller));
clearInterval(timer);
await looking;
await look();

const sorted = times.subarray(0, made).sort();
const quantile = (part: number) => `${(sorted[Math.floor(made * part)] ?? 0).toFixed(1)} ms`;
const seconds = (performance.now() - begin) / 1000;
console.log(`${made} calls in ${seconds.toFixed()} s, ${(made / seconds).toFixed()} in a second`);
console.log(
  `half of them in ${quantile(0.5)}, 99 of a hundred in ${quantile(0.99)}, the slowest in ${quantile(1 - 1 / made)}`,
);
const warm = samples.filter((sample) => sample.share > WARM_SHARE);
const early = warm.slice(0, Math.max(1, Math.ceil(warm.length / 2)));
const late = warm.slice(-early.length);
let isGood = wrong.size === 0;
for (const [name, limit] of [
  ['rss', RSS_GROWTH],
  ['heapUsed', HEAP_GROWTH],
] as const) {
  // Between two collections it goes up and down by half; what is never given back is in the least of it.
  const [before, after] = [early, late].map((some) => Math.min(...some.map((sample) => sample[name])));
  const growth = (after ?? 0) - (before ?? 0);
  console.log(
    `${name}: ${megabytes(before ?? 0)} when warm, ${megabytes(after ?? 0)} at the end, ${megabytes(growth)} more`,
  );
  if (growth < limit) continue;
  isGood = false;
  console.error(`NOT KEPT: ${name} grew by more than ${megabytes(limit)}`);
}
for (const [line, count] of wrong) console.error(`NOT KEPT: ${count} times ${line}`);
agent.destroy();
sandbox.disconnect();
await bridge.close();
process.exitCode = isGood ? 0 : 1;
