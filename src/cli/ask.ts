/** What a terminal asks. It asks on standard error: standard output is for results. */

import type { Readable, Writable } from 'node:stream';
import type { Io } from './io.js';

/** A terminal, where there is one. */
export type Terminal = Pick<Io, 'stdin' | 'stderr'>;

const prompts = () => import('@clack/prompts');

/** Says what is wrong with an answer; undefined where nothing is. */
export type ProblemOf = (answer: string) => string | undefined;

/** Whether somebody is there to be asked. */
export function isTerminal({ stdin, stderr }: Terminal): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

/** Asks for a line. `initial` is there to be changed. Throws an Error with one line for the operator after Ctrl-C. */
export async function askText(
  terminal: Terminal,
  message: string,
  initial: string,
  problemOf: ProblemOf,
): Promise<string> {
  const { text } = await prompts();
  return answered(terminal, (look) =>
    text({ message, initialValue: initial, validate: validated(problemOf), ...look }),
  );
}

/** Asks for a line that the terminal does not show. Likewise. */
export async function askSecret(terminal: Terminal, message: string, problemOf: ProblemOf): Promise<string> {
  const { password } = await prompts();
  return answered(terminal, (look) => password({ message, validate: validated(problemOf), ...look }));
}

export interface Choice {
  readonly value: string;
  readonly label: string;
  /** Shown at the one that is marked. */
  readonly hint: string;
}

/** Asks for one of these. Likewise. */
export async function askChoice(terminal: Terminal, message: string, choices: readonly Choice[]): Promise<string> {
  const { select } = await prompts();
  return answered(terminal, (look) => select({ message, options: choices.map((choice) => ({ ...choice })), ...look }));
}

/** An answer that was only confirmed may be undefined. */
const validated = (problemOf: ProblemOf) => (answer: string | undefined) => problemOf(answer ?? '');

/** How each question is asked. */
interface Look {
  readonly input: Readable;
  readonly output: Writable;
  readonly withGuide: boolean;
  readonly signal: AbortSignal;
}

async function answered({ stdin, stderr }: Terminal, ask: (look: Look) => Promise<string | symbol>): Promise<string> {
  const end = new AbortController();
  // After Ctrl-D the terminal is read no more, and nothing else is left to wait for.
  const onEnd = () => end.abort();
  process.once('beforeExit', onEnd);
  const answer = await ask({ input: stdin, output: stderr, withGuide: false, signal: end.signal });
  process.off('beforeExit', onEnd);
  if (typeof answer === 'symbol') throw new Error('cancelled; nothing was done');
  return answer;
}
