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

/** Lets the console look at calls where there is one, beside whoever watches already. */
export async function inspect({ admin }: Pick<Config, 'admin'>, { watch }: RuntimeOptions): Promise<Inspection> {
  if (!admin?.console) return { watch, calls: undefined };
  // Loaded on demand: without a console nothing needs it.
  const [{ createCalls }, { createInspector }] = await Promise.all([
    import('../console/calls.js'),
    import('../console/inspector.js'),
  ]);
  const calls = createCalls();
  return { watch: both(createInspector(calls), watch), calls };
}

function both(one: Watch, other: Watch | undefined): Watch {
  if (!other) return one;
  return (exchange) => {
    one(exchange);
    other(exchange);
  };
}
