import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { BridgeMessage } from './bridge.js';

/** Starts a program of this folder as a process, with one argument. */
export function child(name: string, argument: unknown): ChildProcess {
  const path = fileURLToPath(new URL(`${name}.js`, import.meta.url));
  return fork(path, [JSON.stringify(argument)], { execArgv: ['--expose-gc'] });
}

/** Starts a bridge as a process. */
export async function startBridgeProcess(configuration: object) {
  const process = child('bridge', configuration);
  const nextMessage = async (): Promise<BridgeMessage> => (await once(process, 'message'))[0];
  const { url = '' } = await nextMessage();
  return {
    url,
    memory: async () => {
      process.send('memory');
      const { memory = { rss: 0, heapUsed: 0 } } = await nextMessage();
      return memory;
    },
    usage: async () => {
      process.send('usage');
      const { usage = { cpuMs: 0, rss: 0, peak: 0 } } = await nextMessage();
      return usage;
    },
    close: async () => {
      process.disconnect();
      await once(process, 'exit');
    },
  };
}

export const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MB`;
