import type { Config } from '../config/config.js';
import type { Calls } from '../console/calls.js';
import type { Watch } from '../core/exchange.js';
import type { RuntimeOptions } from './runtime-options.js';

/** What looks at the calls of this process. */
interface Inspection {
  /** Undefined where nobody does. */
  readonly watch: Watch | undefined;
  /** Where they are kept for the console of this process; undefined where it has none. */
  readonly calls: Calls | undefined;
}

/** Lets the console look at calls where there is one. A worker's is in the primary. */
export async function inspect({ admin }: Pick<Config, 'admin'>, { worker }: RuntimeOptions): Promise<Inspection> {
  if (!admin?.console) return { watch: undefined, calls: undefined };
  // Loaded on demand: without a console nothing needs it.
  const { createInspector } = await import('../console/inspector.js');
  if (worker) return { watch: createInspector(worker.calls), calls: undefined };
  const calls = await openCalls();
  return { watch: createInspector(calls), calls };
}

/** Where calls are kept. */
export async function openCalls(): Promise<Calls> {
  const { createCalls } = await import('../console/calls.js');
  return createCalls();
}
