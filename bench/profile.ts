import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requests, startBridge, startUpstream, tokens } from './contestants.js';
import type { Load } from './load.js';
import { startLoadGenerator } from './measure.js';

/** As V8 writes it: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile. */
interface Profile {
  readonly nodes: readonly ProfileNode[];
  /** The node of each sample. */
  readonly samples: readonly number[];
  /** Microseconds from each sample to the next. */
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
  readonly children?: readonly number[];
}

/** The step that the time of a function counts for, by its file; the first rule that fits. */
const rules: readonly (readonly [step: string, url: RegExp])[] = [
  ['$1 (package)', /node_modules\/((?:@[^/]+\/)?[^/]+)\//],
  ['$1', /dist\/src\/([^/]+\/(?:soap|document|cluster)\/[^/]+|[^/]+\/[^/]+)\.js/],
  ['node:http', /^node:(?:_http|internal\/http)/],
  ['streams', /^node:(?:internal\/streams|stream|internal\/webstreams)/],
  ['sockets', /^node:(?:net|internal\/stream_base|internal\/net|diagnostics_channel)/],
  ['asynchronous contexts', /^node:(?:async_hooks|internal\/async_hooks|internal\/async_local)/],
  ['promises, timers, ticks', /^node:internal\/(?:process|timers|promise|abort)|^node:timers/],
  ['crypto', /^node:(?:crypto|internal\/crypto)/],
  ['buffers and texts', /^node:(?:buffer|internal\/buffer|string_decoder|internal\/util)/],
  ['the rest of node', /^node:/],
];

const special: Readonly<Record<string, string>> = {
  '(garbage collector)': 'garbage collection',
  '(program)': 'native code and system calls',
};

/** Microseconds of each step, the most first; what runs in native code counts for the function that called it. */
export function stepsOf({ nodes, samples, timeDeltas }: Profile): [step: string, us: number][] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const stepAt = (id: number | undefined): string => {
    const node = id === undefined ? undefined : byId.get(id);
    if (!node) return 'the rest';
    const { functionName, url } = node.callFrame;
    const named = special[functionName];
    if (named) return named;
    for (const [step, pattern] of rules) {
      const found = pattern.exec(url);
      if (found) return step.replace('$1', found[1] ?? '');
    }
    return stepAt(parents.get(node.id));
  };
  const steps = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    if (byId.get(id)?.callFrame.functionName === '(idle)') continue;
    const step = stepAt(id);
    steps.set(step, (steps.get(step) ?? 0) + (timeDeltas[index] ?? 0));
  }
  return [...steps].sort(([, a], [, b]) => b - a);
}

/** Prints what each step of an uncached call costs, for each format, from a profile of the main thread. */
export async function printProfile(seconds: number): Promise<void> {
  const generator = startLoadGenerator();
  const upstream = await startUpstream();
  try {
    for (const [format, request, isVault] of [
      ['soap', requests.soap('plain'), false],
      ['xml', requests.xml('plain'), false],
      ['rest', requests.rest('plain'), false],
      ['vault', requests.soap('vault'), true],
      ['cached', requests.soap('cached'), false],
    ] as const) {
      const folder = await mkdtemp(join(tmpdir(), 'boxbridge-profile-'));
      const node = ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=1000'];
      const bridge = await startBridge({ upstream: upstream.url, node });
      const load: Load = {
        url: bridge.url,
        connections: 32,
        tokens: isVault ? (bridge.vaultTokens ?? []) : tokens,
        durationMs: seconds * 1000,
        ...request,
      };
      const { calls } = await generator.run(load);
      await bridge.stop();
      const [file = ''] = await readdir(folder);
      const profile: Profile = JSON.parse(await readFile(join(folder, file), 'utf8'));
      await rm(folder, { recursive: true });
      const steps = stepsOf(profile);
      const whole = steps.reduce((sum, [, us]) => sum + us, 0);
      console.log(`\n${format}: ${(whole / calls).toFixed(0)} µs of the main thread a call, of ${calls} calls`);
      for (const [step, us] of steps.slice(0, 40)) console.log(`${(us / calls).toFixed(1).padStart(8)}  ${step}`);
    }
  } finally {
    await upstream.stop();
    await generator.stop();
  }
}
