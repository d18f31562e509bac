import { readFileSync, writeFileSync } from 'node:fs';
import { pino } from 'pino';
import { startBridge } from '../support/servers/bridge.js';

/** What a bridge in its own process reports: its URL once, and its memory for each message. */
export interface BridgeMessage {
  readonly url?: string;
  readonly memory?: { readonly rss: number; readonly heapUsed: number };
  readonly usage?: { readonly cpuMs: number; readonly rss: number; readonly peak: number };
}

const [configuration = ''] = process.argv.slice(2);
// The lines of the log are serialized, as in production, and dropped.
const log = pino({}, { write: () => {} });
const bridge = await startBridge(JSON.parse(configuration), { log });
const report = (message: BridgeMessage) => process.send?.(message);

/** CPU time until now, bytes that are resident, and the most that was since `resetPeak`, or where that cannot be, ever. */
function usage() {
  const { user, system } = process.cpuUsage();
  const rss = process.memoryUsage.rss();
  return { cpuMs: (user + system) / 1000, rss, peak: peakResident() };
}

function peakResident(): number {
  try {
    const [, kibibytes] = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
    return Number(kibibytes) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}

/** https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html: 5 sets the peak to what is resident now. */
function resetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Not on Linux.
  }
}

process.on('message', (message) => {
  if (message === 'usage') return report({ usage: usage() });
  globalThis.gc?.();
  resetPeak();
  const { rss, heapUsed } = process.memoryUsage();
  report({ memory: { rss, heapUsed } });
});
process.on('disconnect', () => void bridge.close().then(() => process.exit()));
report({ url: bridge.url });
