import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { formats } from '../support/clients/legacy.js';
import type { Load, Measured } from '../support/clients/load.js';
import {
  applicationsAt,
  failures,
  isOutageReply,
  readAccount,
  startFailingApis,
} from '../support/servers/failing-apis.js';
import { startUpstream } from '../support/servers/upstream.js';
import { type Api, apis } from '../support/servers/workbench.js';
import { child, megabytes, startBridgeProcess } from './children.js';

/**
 * The long version of failures.test.ts: `npm run chaos [ROUNDS] [SECONDS]`. First, in each round, every failure of
 * every modern API in every format, and a crowd that opens the breaker; then 2,000 callers, with and without one
 * modern API that is silent. Prints what it measures; ends with 1 where a limit is not kept.
 */
const [rounds = 20, seconds = 60] = process.argv.slice(2).map(Number);

const TIMEOUT_MS = 300;
/** The longest call, with a tolerance for a busy machine. */
const MAX_MS = 2 * TIMEOUT_MS + 400;
/** Time for the breaker to send a probe, with a tolerance. */
const RECOVERY_MS = 7000;
const RSS_GROWTH = 96 * 1024 * 1024;
const HEAP_GROWTH = 12 * 1024 * 1024;
const LATENCY_RATIO = 1.3;

let violations = 0;
function check(isGood: boolean, what: string): void {
  if (isGood) return;
  violations += 1;
  console.error(`NOT KEPT: ${what}`);
}

async function failAndRecover(): Promise<void> {
  const modern = await startFailingApis();
  const bridge = await startBridgeProcess({
    limits: { upstream_timeout_ms: TIMEOUT_MS },
    applications: applicationsAt(modern.upstream.url),
  });
  let slowest = 0;
  let calls = 0;

  const readFailing = async (api: Api, format: (typeof formats)[number], failure: string, token: string) => {
    const begin = performance.now();
    const reply = await readAccount(bridge.url, format, api, token);
    const took = performance.now() - begin;
    calls += 1;
    slowest = Math.max(slowest, took);
    check(isOutageReply(reply, format), `${api} ${format} ${failure}: ${reply.http} ${reply.status}`);
    check(took < MAX_MS, `${api} ${format} ${failure}: took ${took.toFixed()} ms`);
  };
  const recovery = async (api: Api, failure: string) => {
    modern.recover(api);
    const end = performance.now() + RECOVERY_MS;
    for (;;) {
      const { status } = await readAccount(bridge.url, 'rest', api);
      if (status === 'get_account_info_ok') return;
      if (performance.now() > end) return check(false, `${api} after ${failure}: still ${status}`);
      await sleep(200);
    }
  };

  let first: Awaited<ReturnType<typeof bridge.memory>> | undefined;
  for (let round = 1; round <= rounds; round += 1) {
    // In every tenth round and the last, enough calls at once to open the breaker.
    const crowd = round % 10 === 0 || round === rounds ? 20 : 1;
    for (const [failure, how] of Object.entries(failures)) {
      const each = apis.map(async (api) => {
        for (const format of formats) {
          modern.fail(api, how);
          await Promise.all(
            Array.from({ length: crowd }, (_, index) => readFailing(api, format, failure, `token-${index}`)),
          );
        }
        await recovery(api, failure);
      });
      await Promise.all(each);
    }
    modern.upstream.received.length = 0;
    const memory = await bridge.memory();
    first ??= memory;
    const line = `rss ${megabytes(memory.rss)}, heap ${megabytes(memory.heapUsed)}`;
    console.log(`round ${round}: ${calls} calls, the slowest ${slowest.toFixed()} ms; ${line}`);
    check(memory.rss - first.rss < RSS_GROWTH, `the memory grows: ${line}`);
    check(memory.heapUsed - first.heapUsed < HEAP_GROWTH, `the heap grows: ${line}`);
  }
  await bridge.close();
  await modern.upstream.close();
}

const shown = ({ calls, succeeded, median, slowest }: Measured) =>
  `${calls} calls, ${succeeded} good, median ${median.toFixed(1)} ms, slowest ${slowest.toFixed()} ms`;

async function oneIsDead(): Promise<void> {
  const account = JSON.stringify({ id: 'acct_1', login: 'john', name: 'John', email: 'john@example.com' });
  const healthy = await startUpstream((_request, response) => void response.end(account));
  const dead = await startUpstream(() => {});
  const others = ['one', 'two', 'three'];
  const bridge = await startBridgeProcess({
    applications: [...others, 'fourth', 'dead'].map((key) => ({
      api_key: key,
      provider: 'previsto',
      base_url: `${(key === 'dead' ? dead : healthy).url}/${key}`,
    })),
  });
  const run = async (apiKeys: readonly string[], durationMs = seconds * 1000): Promise<Record<string, Measured>> => {
    const load: Load = { bridge: bridge.url, apiKeys, callers: 500, paceMs: 4000, durationMs };
    const [measured] = await once(child('load', load), 'message');
    healthy.received.length = 0;
    return measured;
  };
  await run(others, 5000);
  // As many callers, but the fourth API is well; before and after, since what else the machine does changes with time.
  const allWell = [...others, 'fourth'];
  const before = await run(allWell, seconds * 500);
  const memory = await bridge.memory();
  const { dead: silent, ...beside } = await run([...others, 'dead']);
  const after = await bridge.memory();
  const afterwards = await run(allWell, seconds * 500);
  if (silent) console.log(`dead: ${shown(silent)}`);
  for (const [key, measured] of Object.entries(beside)) {
    const medians = [before, afterwards].map((run) => run[key]?.median ?? 0);
    const ratio = measured.median / Math.max(...medians);
    console.log(
      `${key}: ${shown(measured)}; where all are well: median ${medians.map((it) => it.toFixed(1)).join(' and ')} ms`,
    );
    console.log(`${key}: ratio of the medians ${ratio.toFixed(2)}`);
    check(ratio <= LATENCY_RATIO, `${key} is slower by ${ratio.toFixed(2)}`);
    check(measured.succeeded === measured.calls, `${key}: ${measured.calls - measured.succeeded} calls went wrong`);
  }
  console.log(`rss ${megabytes(memory.rss)} where all are well, ${megabytes(after.rss)} with a dead one`);
  await bridge.close();
  await healthy.close();
  await dead.close();
}

await failAndRecover();
await oneIsDead();
console.log(violations === 0 ? 'all limits are kept' : `${violations} times a limit was not kept`);
process.exitCode = violations === 0 ? 0 : 1;
