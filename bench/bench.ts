import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { messageOf } from '../src/shared/errors.js';
import {
  type BridgeOptions,
  type Contestant,
  requests,
  startBare,
  startBridge,
  startPeer,
  startUpstream,
  tokens,
} from './contestants.js';
import { ledgerCost } from './ledger.js';
import type { Load } from './load.js';
import { type LoadGenerator, measureRound, median, medianOf, type Round, startLoadGenerator } from './measure.js';
import { missingForPhp, startPhp } from './php.js';
import { missingForPostgres, startDatabase } from './postgres.js';
import type { Running } from './processes.js';
import { drawing, type Row, table } from './report.js';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '12' },
    seconds: { type: 'string', default: '0.8' },
    /** A regular expression: only the scenarios whose names it matches, beside (a) and (b). */
    only: { type: 'string', default: '' },
    profile: { type: 'boolean', default: false },
  },
});

/** A server under one kind of load. */
interface Scenario {
  readonly name: string;
  readonly server: Running;
  readonly load: Load;
}

/** A scenario whose server starts when it is wanted. */
interface Plan {
  readonly name: string;
  readonly server: () => Promise<Contestant>;
  readonly request: ReturnType<typeof requests.soap>;
  readonly connections?: number;
  /** Those of the server's vault instead of the credentials. */
  readonly isVault?: true;
}

const generator = startLoadGenerator();
const started: Pick<Running, 'stop'>[] = [generator];

/** The same server for all who want it, started at the first wish and stopped at the end. */
function lazily<T extends Pick<Running, 'stop'>>(start: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= start().then((it) => {
      started.unshift(it);
      return it;
    });
    return running;
  };
}

let stopping: Promise<void> | undefined;
/** Stops everything once, whoever asks for it first. */
const stopAll = () => {
  stopping ??= (async () => {
    for (const each of started) await each.stop();
  })();
  return stopping;
};
// What it has started does not outlive it.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void stopAll().then(() => process.exit(1)));

try {
  if (options.profile) await (await import('./profile.js')).printProfile(Number(options.seconds) * 12);
  else await compare();
} finally {
  await stopAll();
}

async function compare(): Promise<void> {
  const upstream = lazily(() => startUpstream());
  const slow = lazily(() => startUpstream(20));
  const bridge = (more: Partial<BridgeOptions> = {}, api = upstream) =>
    lazily(async () => startBridge({ ...more, upstream: (await api()).url }));
  const bare = lazily(async () => startBare((await upstream()).url));
  const peer = lazily(async () => startPeer((await upstream()).url));
  const slowPeer = lazily(async () => startPeer((await slow()).url));
  const php = lazily(async () => startPhp((await upstream()).url));
  const main = bridge();
  const million = bridge({ stored: 1_000_000 });
  const postgres = lazily(startDatabase);
  const inPostgres = lazily(async () =>
    startBridge({ upstream: (await upstream()).url, store: (await postgres()).url }),
  );
  const soap = requests.soap('plain');

  const plans: Plan[] = [
    { name: '(a) bare pass-through', server: bare, request: requests.bare() },
    { name: '(b) Express, soap, axios', server: peer, request: requests.soap('k') },
    { name: '(c) PHP SoapServer, nginx', server: php, request: requests.soap('k') },
    { name: 'soap', server: main, request: soap },
    { name: 'xml', server: main, request: requests.xml('plain') },
    { name: 'rest', server: main, request: requests.rest('plain') },
    { name: 'soap, vault', server: main, request: requests.soap('vault'), isVault: true },
    { name: 'soap, vault, PostgreSQL', server: inPostgres, request: requests.soap('vault'), isVault: true },
    { name: 'soap, cached', server: main, request: requests.soap('cached') },
    { name: 'rest, cached', server: main, request: requests.rest('cached') },
    // Nothing of the console is there in the others.
    { name: 'soap, console', server: bridge({ console: true }), request: soap },
    { name: 'soap, 1 connection', server: main, request: soap, connections: 1 },
    { name: 'soap, 256 connections', server: main, request: soap, connections: 256 },
    // A server of its own: the memory of the other has to be that of up to 256 connections.
    { name: 'soap, 2,000 connections', server: bridge(), request: soap, connections: 2000 },
    { name: '(b) after 20 ms', server: slowPeer, request: requests.soap('k') },
    { name: 'soap, after 20 ms', server: bridge({}, slow), request: soap },
    { name: 'soap, 2 workers', server: bridge({ workers: 2 }), request: soap },
    { name: 'soap, 100 applications', server: bridge({ applications: 100 }), request: soap },
    { name: 'soap, 10,000 applications', server: bridge({ applications: 10_000 }), request: soap },
    { name: 'soap, 10^5 stored', server: bridge({ stored: 100_000 }), request: soap },
    { name: 'soap, 10^6 stored', server: million, request: soap },
    { name: 'vault, 10^6 stored', server: million, request: requests.soap('vault'), isVault: true },
  ];
  const missing = new Map([
    ['(c) PHP SoapServer, nginx', missingForPhp()],
    ['soap, vault, PostgreSQL', missingForPostgres()],
  ]);
  for (const why of missing.values()) if (why !== undefined) console.log(why);
  const wanted = plans.filter(
    ({ name }) =>
      (name.startsWith('(a)') || name.startsWith('(b) E') || new RegExp(options.only).test(name)) &&
      missing.get(name) === undefined,
  );
  const memories = new Map<Running, number>();
  const scenarios: Scenario[] = [];
  for (const { name, server, request, connections = 32, isVault } of wanted) {
    const running = await server();
    if (!memories.has(running)) memories.set(running, running.memory().now);
    const load: Load = {
      url: running.url,
      connections,
      tokens: isVault ? (running.vaultTokens ?? []) : tokens,
      durationMs: Number(options.seconds) * 1000,
      ...request,
    };
    scenarios.push({ name, server: running, load });
  }

  const rows = await interleaved(scenarios, generator);
  console.log(table(rows));

  const measured = await main();
  const { now, peak } = measured.memory();
  const facts = {
    node: process.version,
    'ledger, CPU of a call, its writes included, µs': Math.round((await ledgerCost()) * 10) / 10,
    'start to the line that says where, ms': Math.round(measured.startMs),
    // The load and the modern API take the cores that two workers would have to themselves: CPU tells what rate cannot.
    'calls a second of 2 workers on cores of their own, of one worker': capacityOfTwo(rows),
    'memory idle, MB': Math.round(memories.get(measured) ?? now),
    'memory after all rounds, MB': Math.round(now),
    'memory at its peak, up to 256 connections, MB': Math.round(peak),
  };
  for (const [name, value] of Object.entries(facts)) console.log(`${name}: ${value}`);
  if (options.only !== '') return;
  writeFileSync('bench/result.json', `${JSON.stringify({ facts, rows }, undefined, 2)}\n`);
  writeFileSync('bench/result.svg', drawing(rows));
}

/** What two workers can do, by what a call takes of them and of one; undefined where either was not measured. */
function capacityOfTwo(rows: readonly Row[]): number | undefined {
  const [one, two] = ['soap', 'soap, 2 workers'].map((name) => rows.find((row) => row.name === name)?.round.cpuPerCall);
  return one !== undefined && two !== undefined ? Math.round((200 * one) / two) / 100 : undefined;
}

/** All scenarios in turn, round after round: what slows the machine down slows all of them. */
async function interleaved(scenarios: readonly Scenario[], by: LoadGenerator): Promise<Row[]> {
  const rounds = new Map<string, Round[]>(scenarios.map(({ name }) => [name, []]));
  // Every token once, so that each account is known and the code is warm.
  for (const scenario of scenarios) await measured(scenario, by, { ...scenario.load, durationMs: 0 });
  for (let turn = 0; turn < Number(options.rounds); turn += 1) {
    // Each turn begins with another one, so that none always follows the same.
    const first = turn % scenarios.length;
    for (const scenario of [...scenarios.slice(first), ...scenarios.slice(0, first)]) {
      rounds.get(scenario.name)?.push(await measured(scenario, by, scenario.load));
    }
  }
  const [a = [], b = []] = rounds.values();
  return scenarios.map(({ name }) => {
    const own = rounds.get(name) ?? [];
    const ratio = (of: (round: Round, a: Round, b: Round) => number) =>
      median(
        own.flatMap((round, turn) => {
          const [ofA, ofB] = [a[turn], b[turn]];
          return ofA && ofB ? of(round, ofA, ofB) : [];
        }),
      );
    const ratios = {
      cpuOfB: ratio((round, _a, { cpuPerCall }) => cpuPerCall / round.cpuPerCall),
      rateToA: ratio((round, { requestsPerSecond }) => round.requestsPerSecond / requestsPerSecond),
      rateToB: ratio((round, _a, { requestsPerSecond }) => round.requestsPerSecond / requestsPerSecond),
    };
    return { name, round: medianOf(own), ratios };
  });
}

function measured({ name, server }: Scenario, by: LoadGenerator, load: Load): Promise<Round> {
  return measureRound(by, server, load).catch((error: unknown) => {
    throw new Error(`${name}: ${messageOf(error)}`);
  });
}
