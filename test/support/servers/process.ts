import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { afterwards } from '../cleanup.js';

export interface Ended {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Child {
  /** Resolves with the first line on standard output that matches. Rejects where the process ends without one. */
  readonly line: (pattern: RegExp) => Promise<string>;
  /** Resolves with the first `count` lines on standard output. Rejects where the process ends with fewer. */
  readonly lines: (count: number) => Promise<string[]>;
  /** The output so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly pid: number;
  readonly write: (text: string) => void;
  /** Writes this to standard input, and closes it. */
  readonly endInput: (text: string | Buffer) => void;
  /** Closes the pipe of its standard output. */
  readonly stopReading: () => void;
  /** Closes the pipe of its standard error. */
  readonly stopReadingLog: () => void;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Resolves when it has exited and its output is read. */
  readonly end: Promise<Ended>;
}

export interface ProcessOptions {
  readonly cwd: string;
  /** The environment beside TMPDIR, which is `cwd`: what a killed process leaves there goes with it. By default no other. */
  readonly env?: Readonly<Record<string, string>>;
  /** A command with arguments that executes the command after them, such as `env`; by default none. */
  readonly under?: readonly string[];
  /** In a process group of its own; by default in that of the tests. */
  readonly detached?: true;
}

/** Starts Node.js with these arguments and none of the environment; it is killed after the test. */
export function startNode(cwd: string, ...args: string[]): Child {
  return startNodeIn({ cwd }, ...args);
}

/** Starts Node.js with these options and arguments; it is killed after the test. */
export function startNodeIn({ cwd, env = {}, under = [], detached }: ProcessOptions, ...args: string[]): Child {
  const [program = process.execPath, ...programArgs] = [...under, process.execPath, ...args];
  const child = spawn(program, programArgs, { cwd, env: { TMPDIR: cwd, ...env }, detached: detached ?? false });
  let stdout = '';
  let stderr = '';
  let ended: Ended | undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // A process that has exited reads no more.
  child.stdin.on('error', () => {});
  const end = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject).on('close', (code, signal) => {
      ended = { code, signal, stdout, stderr };
      resolve(ended);
    });
  });
  afterwards(async () => {
    child.kill('SIGKILL');
    await end;
  });

  const find = async <T>(what: string, select: (lines: string[]) => T | undefined): Promise<T> => {
    for (;;) {
      const found = select(stdout.split('\n').slice(0, -1));
      if (found !== undefined) return found;
      if (ended) throw new Error(`ended without ${what} (${ended.code ?? ended.signal}): ${stdout}${stderr}`);
      await Promise.race([once(child.stdout, 'data'), end]);
    }
  };

  return {
    line: (pattern) => find(`a line ${pattern}`, (lines) => lines.find((line) => pattern.test(line))),
    lines: (count) => find(`${count} lines`, (lines) => (lines.length < count ? undefined : lines.slice(0, count))),
    stdout: () => stdout,
    stderr: () => stderr,
    pid: child.pid ?? 0,
    write: (text) => void child.stdin.write(text),
    endInput: (text) => void child.stdin.end(text),
    stopReading: () => void child.stdout.destroy(),
    stopReadingLog: () => void child.stderr.destroy(),
    kill: (signal) => void child.kill(signal),
    end,
  };
}

/** The processes that another one has started and that still run. */
export async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.split(' ').filter(Boolean).map(Number);
}
