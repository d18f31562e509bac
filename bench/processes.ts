import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Writes where a server of the bench listens to standard output, for `startServer`. */
export function report(server: Server): void {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server of the bench listens on a port');
  process.stdout.write(`http://127.0.0.1:${address.port}\n`);
}

/** A process under measurement, with all that it has started. */
export interface Running {
  readonly url: string;
  readonly pid: number;
  /** Milliseconds from its start to the line that says where it listens. */
  readonly startMs: number;
  /** The CPU time of all its processes so far, in microseconds. */
  readonly cpu: () => number;
  /** Resident memory of all its processes, in megabytes: now, and the sum of the highest ever. */
  readonly memory: () => { readonly now: number; readonly peak: number };
  readonly stop: () => Promise<void>;
}

/** Starts a command whose output names the URL at which it listens. */
export async function startCommand(command: string, args: readonly string[], cwd?: string): Promise<Running> {
  const begin = performance.now();
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'ignore'] });
  const url = await urlOf(child, [command, ...args].join(' '));
  return runningOf(child, url, performance.now() - begin);
}

/** A child process under measurement. */
export function runningOf(child: ChildProcess, url: string, startMs: number): Running {
  const pid = child.pid ?? 0;
  return {
    url,
    pid,
    startMs,
    cpu: () => sum(family(pid).map(cpuOf)),
    memory: () => ({
      now: sum(family(pid).map((each) => memoryOf(each, 'VmRSS'))),
      peak: sum(family(pid).map((each) => memoryOf(each, 'VmHWM'))),
    }),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    },
  };
}

/** A program of the bench as a process of its own; `name` is its file without an ending. */
export function startServer(name: string, ...args: readonly string[]): Promise<Running> {
  return startCommand(process.execPath, [fileURLToPath(new URL(`${name}.js`, import.meta.url)), ...args]);
}

async function urlOf(child: ChildProcess, what: string): Promise<string> {
  if (!child.stdout) throw new Error(`${what} has no output`);
  const lines = createInterface({ input: child.stdout });
  const found = new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      const url = /^(?:.*answers at )?(http:\/\/\S+)/.exec(line)?.[1];
      if (url) resolve(url);
    });
    child.once('exit', (code) => reject(new Error(`${what} ended (${code}) before it listened`)));
    child.once('error', reject);
  });
  return found;
}

/** A process and all its descendants, by their ids. */
function family(pid: number): number[] {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return [];
  const children = readdirSync(tasks).flatMap((task) => {
    const list = readOrNothing(`${tasks}/${task}/children`).trim();
    return list === '' ? [] : list.split(' ').map(Number);
  });
  return [pid, ...children.flatMap(family)];
}

/** Of Linux, whose clock ticks 100 times a second: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html. */
const TICK_US = 10_000;

function cpuOf(pid: number): number {
  const stat = readOrNothing(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK_US;
}

function memoryOf(pid: number, key: string): number {
  const kilobytes = new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(readOrNothing(`/proc/${pid}/status`))?.[1];
  return Number(kilobytes ?? 0) / 1024;
}

/** A process may end while it is looked at. */
function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
