import { stripVTControlCharacters } from 'node:util';
import { quote } from 'shell-quote';
import type { Requirement } from '../../interop/requirements.js';
import { until } from '../until.js';
import { type Child, startNodeIn } from './process.js';

/** What a test on a terminal needs. */
export const terminal: Requirement = {
  what: 'script, of util-linux',
  debian: 'bsdutils',
  probe: ['script', '--version'],
  output: /util-linux/,
};

/** A program on a terminal of its own: all that it writes, on either output, is on the screen. */
export interface OnTerminal extends Pick<Child, 'write' | 'kill' | 'end'> {
  /** Resolves when the screen has shown this since the last call. Rejects where the program ends without it. */
  readonly shows: (text: string) => Promise<void>;
  /** All that it showed, without what moves and colours. */
  readonly screen: () => string;
}

/** Starts Node.js with these arguments on a terminal of so many columns. */
export function startOnTerminal(cwd: string, columns: number, ...args: string[]): OnTerminal {
  // `script` takes a line of the shell; a shell that is given it becomes `script`, and ignores the words behind.
  const line = `stty cols ${columns} rows 40; exec ${quote([process.execPath, ...args])}`;
  const under = ['sh', '-c', 'exec script -qefc "$0" /dev/null', line];
  const env = { PATH: process.env.PATH ?? '', TERM: 'xterm', SHELL: '/bin/sh' };
  const child = startNodeIn({ cwd, env, under }, ...args);
  const screen = () => stripVTControlCharacters(child.stdout());
  let isOver = false;
  const end = child.end.finally(() => {
    isOver = true;
  });
  let seen = 0;
  return {
    write: child.write,
    kill: child.kill,
    end,
    screen,
    shows: async (text) => {
      await until(() => {
        if (screen().includes(text, seen)) return true;
        if (isOver) throw new Error(`ended without ${text}: ${screen()}`);
        return false;
      });
      seen = screen().indexOf(text, seen) + text.length;
    },
  };
}
