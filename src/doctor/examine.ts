import type { RuntimeOptions } from '../bootstrap/runtime-options.js';
import type { Config } from '../config/config.js';
import { applicationOf, assume, assumptionsOf } from './assumptions.js';
import type { RecordedRequest } from './recorded-request.js';
import { type Performed, type StageOptions, startStage } from './stage.js';
import { openWorkplace } from './workplace.js';

export interface ExamineOptions {
  readonly config: Config;
  readonly runtime: RuntimeOptions;
  /** Whether a copy of the configured store and the modern APIs themselves are used, not an empty one and a recorder. */
  readonly isLive: boolean;
}

/**
 * Performs requests, one after the other, by a whole bridge of the configuration. Without `isLive` they are performed twice: the
 * first time tells what they are, by the bridge's own decoders, and the second finds what has to be assumed of them.
 * Throws an Error with one line for the operator where the bridge cannot be started.
 */
export async function examine(
  requests: readonly RecordedRequest[],
  { config, runtime, isLive }: ExamineOptions,
): Promise<Performed[]> {
  const workplace = await openWorkplace(config, runtime);
  try {
    const first = await performAll(requests, isLive ? await workplace.live() : workplace.empty());
    const calls = isLive ? [] : callsToAssumeFor(first, config);
    if (calls.length === 0) return first;
    const stage = workplace.empty();
    await assume(calls, stage);
    return await performAll(requests, stage);
  } finally {
    await workplace.remove();
  }
}

async function performAll(requests: readonly RecordedRequest[], options: StageOptions): Promise<Performed[]> {
  const stage = await startStage(options);
  try {
    const performed: Performed[] = [];
    for (const request of requests) performed.push(await stage.perform(request));
    return performed;
  } finally {
    await stage.close();
  }
}

function callsToAssumeFor(performed: readonly Performed[], { applications }: Config) {
  return performed
    .flatMap(({ exchanges }) => exchanges)
    .flatMap(({ call }) => {
      const application = call && applicationOf(call, applications);
      return application && assumptionsOf(call, application).length > 0 ? [call] : [];
    });
}
