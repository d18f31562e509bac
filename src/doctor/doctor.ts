import { demoConfig } from '../bootstrap/demo.js';
import type { Config } from '../config/config.js';
import { diagnose } from './diagnosis.js';
import { type ExamineOptions, examine } from './examine.js';
import { textOf } from './report.js';
import { requestsIn } from './requests.js';

export interface DoctorOptions extends Omit<ExamineOptions, 'config'> {
  /** Absent: that of the demo. */
  readonly config: Config | undefined;
  readonly print: (text: string) => void;
}

/** Diagnoses the requests in a file. Gives whether all of them would be answered. */
export async function runDoctor(bytes: Buffer, name: string, options: DoctorOptions): Promise<boolean> {
  const { config = demoConfig({}, process.cwd()), runtime, isLive, print } = options;
  const { requests, skipped } = requestsIn(bytes, name);
  const performed = await examine(requests, { config, runtime, isLive });
  const diagnoses = performed.flatMap((each) => diagnose(each, { config, isLive }));
  for (const diagnosis of diagnoses) print(textOf(diagnosis, isLive));
  for (const line of skipped) print(line);
  return diagnoses.every(({ isAnswered }) => isAnswered);
}
