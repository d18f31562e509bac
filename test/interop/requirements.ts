import { spawnSync } from 'node:child_process';
import { describe, test } from '@jest/globals';

/** Something that a machine may lack. */
export interface Requirement {
  readonly what: string;
  /** The package of Debian that has it. */
  readonly debian: string;
  /** A command that succeeds where it is there. */
  readonly probe: readonly [program: string, ...parameters: string[]];
  /** What the command reads. */
  readonly input?: string;
  /** What the command has to print. */
  readonly output?: RegExp;
}

/** Where the program is that a command of this name runs; empty where there is none. */
export function pathOf(program: string): string {
  return spawnSync('/bin/sh', ['-c', 'command -v "$0"', program], { encoding: 'utf8' }).stdout.trim();
}

const known = new Map<string, boolean>();

function isMet(requirement: Requirement): boolean {
  const question = JSON.stringify([requirement.probe, requirement.input, requirement.output?.source]);
  const answer = known.get(question) ?? probed(requirement);
  known.set(question, answer);
  return answer;
}

function probed({ probe: [program, ...parameters], input = '', output = /(?:)/ }: Requirement): boolean {
  const { status, stdout } = spawnSync(program, parameters, { input, encoding: 'utf8', timeout: 20_000 });
  return status === 0 && output.test(stdout);
}

/**
 * A describe whose tests need what is listed. Where that is missing they are skipped, and their title is the reason, which
 * the end of the run lists; with INTEROP=required in the environment they fail with it.
 */
export function describeWith(requirements: readonly Requirement[], name: string, body: () => void): void {
  const missing = requirements.filter((requirement) => !isMet(requirement));
  const reason = `${name} needs ${missing.map(({ what, debian }) => `${what} (Debian: ${debian})`).join(', ')}`;
  if (missing.length === 0) {
    describe(name, body);
  } else if (process.env.INTEROP === 'required') {
    test(name, () => {
      throw new Error(reason);
    });
  } else {
    describe.skip(reason, body);
  }
}
