import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { types } from 'node:util';
import { afterwards } from '../cleanup.js';
import { temporaryFolder } from './bridge.js';
import { type Child, startNodeIn } from './process.js';

/** The command line. */
export const script = fileURLToPath(new URL('../../../src/cli.js', import.meta.url));

/** A bridge as a process of its own. */
export interface Served {
  readonly child: Child;
  readonly url: string;
  /** Its folder, with all that it keeps. */
  readonly folder: string;
}

export interface ServedOptions {
  readonly words?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly under?: readonly string[];
  readonly detached?: true;
}

/** `boxbridge serve` with a configuration, in a folder that is gone after the test. */
export async function startServe(configuration: object, options: ServedOptions = {}): Promise<Omit<Served, 'url'>> {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  const whole = { listen: { port: 0 }, store: 'sqlite:./bridge.db', key_file: './bridge.key', ...configuration };
  // What is JSON is YAML.
  await writeFile(join(path, 'bridge.yaml'), JSON.stringify(whole));
  const { words = [], ...place } = options;
  return {
    folder: path,
    child: startNodeIn({ ...place, cwd: path }, script, 'serve', '--config', 'bridge.yaml', ...words),
  };
}

/** The same, as soon as it answers. */
export async function startServing(configuration: object, options?: ServedOptions): Promise<Served> {
  const started = await startServe(configuration, options);
  return { ...started, url: urlIn(await started.child.line(/answers at/)) };
}

/** Where the process says that its metrics and readiness are. */
export async function adminOf({ child }: Pick<Served, 'child'>): Promise<string> {
  return urlIn(await child.line(/metrics and readiness/));
}

const urlIn = (line: string) => /http:\S+/.exec(line)?.[0] ?? '';

/** Resolves when new connections are refused. */
export async function refusing(url: string): Promise<void> {
  for (;;) {
    // One that comes at the very moment may be taken, and then be nobody's.
    const isOpen = await fetch(`${url}/healthz`, {
      headers: { Connection: 'close' },
      signal: AbortSignal.timeout(500),
    }).then(
      () => true,
      (error: unknown) => types.isNativeError(error) && error.name === 'TimeoutError',
    );
    if (!isOpen) return;
  }
}
