import type { RuntimeOptions } from '../bootstrap/runtime-options.js';
import type { Config } from '../config/config.js';
import { applicationOf, assume, assumptionsOf } from './assumptions.js';
import type { RecordedRequest } from './recorded-request.js';
import { type Performed, type Stage, type StageOptions, startStage } from './stage.js';
import { openWorkplace } from './workplace.js';

export interface ExamineOptions {
  readonly config: Config;
  readonly runtime: RuntimeOptions;
  /** Whether a copy of the configured store and the modern APIs themselves are used, not an empty one and a recorder. */
  readonly isLive: boolean;
}

/** Has requests performed on a stage. */
export type Perform = (stage: Stage) => Promise<readonly Performed[]>;

/** Performs these requests, one after the other. */
export function inTurn(requests: readonly RecordedRequest[]): Perform {
  return async (stage) => {
    const performed: Performed[] = [];
    for (const request of requests) performed.push(await stage.perform(request));
    return performed;
  };
}

/**
 * Has requests performed by a whole bridge of the configuration. Without `isLive` they are performed once more where
 * something has to be assumed of them: the first time tells what they are, by the bridge's own decoders. Throws an Error
 * with one line for the operator where the bridge cannot be started.
 */
export async function examine(
  perform: Perform,
  { config, runtime, isLive }: ExamineOptions,
): Promise<readonly Performed[]> {
  const workplace = await openWorkplace(config, runtime);
  try {
    const first = await performOn(isLive ? await workplace.live() : workplace.empty(), perform);
    const calls = isLive ? [] : callsToAssumeFor(first, config);
    if (calls.length === 0) return first;
    const stage = workplace.empty();
    await assume(calls, stage);
    return await performOn(stage, inTurn(first.map(({ request }) => request)));
  } finally {
    await workplace.remove();
  }
}

async function performOn(options: StageOptions, perform: Perform): Promise<readonly Performed[]> {
  const stage = await startStage(options);
  try {
    return await perform(stage);
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
