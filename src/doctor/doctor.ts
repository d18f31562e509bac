import { demoConfig } from '../bootstrap/demo.js';
import type { Config } from '../config/config.js';
import { type Diagnosis, diagnose } from './diagnosis.js';
import { type ExamineOptions, examine, inTurn, type Perform } from './examine.js';
import { jsonOf, textOf } from './report.js';
import { requestsIn } from './requests.js';
import { nextRequest, type TapOptions } from './tap.js';

export interface DoctorOptions extends Omit<ExamineOptions, 'config'> {
  /** Absent: that of the demo. */
  readonly config: Config | undefined;
  /** Where the relative paths of the demo start. */
  readonly folder: string;
  readonly isJson: boolean;
  readonly print: (text: string) => void;
}

/** Diagnoses the requests in the bytes of a file. Gives whether all of them would be answered. */
export async function diagnoseFile(bytes: Buffer, name: string, options: DoctorOptions): Promise<boolean> {
  const { requests, skipped } = requestsIn(bytes, name);
  return report(await diagnosesOf(inTurn(requests), options), skipped, options);
}

/** Diagnoses the next request that arrives, by default where the configuration listens. */
export async function diagnoseNext(
  { at, ...tap }: Omit<TapOptions, 'at'> & { readonly at: Partial<TapOptions['at']> },
  options: DoctorOptions,
): Promise<boolean> {
  const { listen } = options.config ?? demoConfig({}, options.folder);
  const next: Perform = async (stage) => [await nextRequest(stage, { ...tap, at: { ...listen, ...at } })];
  return report(await diagnosesOf(next, options), [], options);
}

async function diagnosesOf(
  perform: Perform,
  { folder, config = demoConfig({}, folder), runtime, isLive }: DoctorOptions,
): Promise<Diagnosis[]> {
  const performed = await examine(perform, { config, runtime, isLive });
  return performed.flatMap((each) => diagnose(each, { config, isLive }));
}

function report(
  diagnoses: readonly Diagnosis[],
  skipped: readonly string[],
  { isJson, print }: DoctorOptions,
): boolean {
  if (isJson) print(JSON.stringify({ requests: diagnoses.map(jsonOf), skipped }, null, 2));
  else for (const text of [...diagnoses.map(textOf), ...skipped]) print(text);
  return diagnoses.every(({ isAnswered }) => isAnswered);
}
