import { pino } from 'pino';
import { startBridge } from '../support/servers/bridge.js';

/** A bridge in a process of its own: is told its configuration, tells its URL and, whenever asked, its memory. */
export interface Told {
  readonly url?: string;
  readonly memory?: { readonly rss: number; readonly heapUsed: number };
}

const [configuration = ''] = process.argv.slice(2);
// Lines are made, but nobody reads them.
const log = pino({}, { write: () => {} });
const bridge = await startBridge(JSON.parse(configuration), { log });
const tell = (told: Told) => process.send?.(told);

process.on('message', () => {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  tell({ memory: { rss, heapUsed } });
});
process.on('disconnect', () => void bridge.close().then(() => process.exit()));
tell({ url: bridge.url });
