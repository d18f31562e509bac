import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Told } from './bridge.js';

/** A program of this folder as a process of its own, with one argument. */
export function child(name: string, argument: unknown): ChildProcess {
  const path = fileURLToPath(new URL(`${name}.js`, import.meta.url));
  return fork(path, [JSON.stringify(argument)], { execArgv: ['--expose-gc'] });
}

/** A bridge in a process of its own. */
export async function startBridgeProcess(configuration: object) {
  const process = child('bridge', configuration);
  const told = async (): Promise<Told> => (await once(process, 'message'))[0];
  const { url = '' } = await told();
  return {
    url,
    memory: async () => {
      process.send('memory');
      const { memory = { rss: 0, heapUsed: 0 } } = await told();
      return memory;
    },
    close: async () => {
      process.disconnect();
      await once(process, 'exit');
    },
  };
}

export const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MB`;
