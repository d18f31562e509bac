import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Of the project. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** For a test that runs a compiler or the like, on a busy machine. */
export const PROGRAM_TIMEOUT_MS = 120_000;

export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the program of a package, whose manifest this is, in a folder. Where it fails, gives the error, which has its
 * output too.
 */
export async function runProgram(manifest: string, words: readonly string[], cwd: string): Promise<Output> {
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'));
  const [program] = typeof bin === 'string' ? [bin] : Object.values<string>(bin);
  const argv = ['--no-warnings', '--experimental-vm-modules', join(dirname(manifest), program ?? ''), ...words];
  return promisify(execFile)(process.execPath, argv, { cwd }).catch((error) => error);
}
