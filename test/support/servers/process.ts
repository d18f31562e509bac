import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterwards } from '../cleanup.js';

export interface Ended {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Child {
  /** The first line on standard output that matches, as soon as there is one. Rejects where the process ends without. */
  readonly line: (pattern: RegExp) => Promise<string>;
  /** The first lines on standard output, as soon as there are so many. Rejects where the process ends with fewer. */
  readonly lines: (count: number) => Promise<string[]>;
  /** All that it wrote so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly pid: number;
  readonly write: (text: string) => void;
  /** Gives it this on standard input, and no more. */
  readonly endInput: (text: string) => void;
  /** Closes the pipe that its standard output goes to. */
  readonly stopReading: () => void;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Resolves when it has ended and all its output is read. */
  readonly end: Promise<Ended>;
}

export interface Place {
  readonly cwd: string;
  /** The whole environment; empty unless given. */
  readonly env?: Readonly<Record<string, string>>;
  /** A command, with its first arguments, that executes the one given after them; none unless given. */
  readonly under?: readonly string[];
  /** In a process group of its own; in that of the tests unless given. */
  readonly detached?: true;
}

/** Starts Node.js with these arguments and an empty environment; what still runs after the test is killed. */
export function startNode(cwd: string, ...args: string[]): Child {
  return startNodeIn({ cwd }, ...args);
}

/** Starts Node.js in a place with these arguments; what still runs after the test is killed. */
export function startNodeIn({ cwd, env = {}, under = [], detached }: Place, ...args: string[]): Child {
  const [program = process.execPath, ...words] = [...under, process.execPath, ...args];
  const child = spawn(program, words, { cwd, env, detached: detached ?? false });
  let stdout = '';
  let stderr = '';
  let ended: Ended | undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // What has ended reads no more.
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

  const find = async <T>(what: string, look: (lines: string[]) => T | undefined): Promise<T> => {
    for (;;) {
      const found = look(stdout.split('\n').slice(0, -1));
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
    kill: (signal) => void child.kill(signal),
    end,
  };
}
