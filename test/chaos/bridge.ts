import { pino } from 'pino';
import { startBridge } from '../support/servers/bridge.js';

/** What a bridge in its own process reports: its URL once, and its memory for each message. */
export interface BridgeMessage {
  readonly url?: string;
  readonly memory?: { readonly rss: number; readonly heapUsed: number };
}

const [configuration = ''] = process.argv.slice(2);
// The lines of the log are serialized, as in production, and dropped.
const log = pino({}, { write: () => {} });
const bridge = await startBridge(JSON.parse(configuration), { log });
const report = (message: BridgeMessage) => process.send?.(message);

process.on('message', () => {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  report({ memory: { rss, heapUsed } });
});
process.on('disconnect', () => void bridge.close().then(() => process.exit()));
report({ url: bridge.url });
