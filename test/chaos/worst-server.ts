import { isKnown } from '../../src/core/actions.js';
import { singleValue } from '../../src/core/call.js';
import { Fault } from '../../src/core/fault.js';
import { startRequestHandler } from '../support/servers/request-handler.js';

/** What a request handler in its own process reports: its URL once, and what it has used for each message. */
export interface WorstServerMessage {
  readonly url?: string;
  readonly used?: {
    /** Microseconds of CPU since it started. */
    readonly cpu: number;
    /** Bytes. */
    readonly memory: number;
  };
}

const server = await startRequestHandler({
  requestMs: 5000,
  trustProxy: true,
  // As the dispatcher: an unknown action is malformed, and so is a value that XML cannot carry.
  dispatch: async ({ action, parameters }) => {
    if (!isKnown(action)) throw new Fault('malformed');
    for (const name of parameters.keys()) singleValue(parameters, name);
    return {};
  },
});
const report = (message: WorstServerMessage) => process.send?.(message);

process.on('message', (isCollecting) => {
  server.calls.length = 0;
  if (isCollecting) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  report({ used: { cpu: user + system, memory: heapUsed + external } });
});
process.on('disconnect', () => void server.close().then(() => process.exit()));
report({ url: server.url });
