import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { types } from 'node:util';
import { afterwards } from '../cleanup.js';
import { temporaryFolder, unhurried } from './bridge.js';
import { type Child, startNodeIn } from './process.js';

/** The script of the command line. */
export const script = fileURLToPath(new URL('../../../src/cli.js', import.meta.url));

/** A bridge in a child process. */
export interface BridgeProcess {
  readonly child: Child;
  readonly url: string;
  /** Its working directory, with its configuration, store and key. */
  readonly folder: string;
}

export interface BridgeProcessOptions {
  /** Further arguments of `serve`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly under?: readonly string[];
  readonly detached?: true;
}

/** With the keys of the file. */
type ServedConfiguration = { readonly limits?: object; readonly [key: string]: unknown };

/** Starts `boxbridge serve` with a configuration, in a directory that is removed after the test. */
export async function startServe(
  configuration: ServedConfiguration,
  options: BridgeProcessOptions = {},
): Promise<Omit<BridgeProcess, 'url'>> {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  const { limits, ...others } = configuration;
  const kept = { store: 'sqlite:./bridge.db', key_file: './bridge.key' };
  const complete = { listen: { port: 0 }, ...kept, ...others, limits: { ...unhurried, ...limits } };
  // JSON is YAML.
  await writeFile(join(path, 'bridge.yaml'), JSON.stringify(complete));
  const { args = [], ...processOptions } = options;
  return {
    folder: path,
    child: startNodeIn({ ...processOptions, cwd: path }, script, 'serve', '--config', 'bridge.yaml', ...args),
  };
}

/** Starts the same; resolves when it answers. */
export async function startServing(
  configuration: ServedConfiguration,
  options?: BridgeProcessOptions,
): Promise<BridgeProcess> {
  const started = await startServe(configuration, options);
  return { ...started, url: urlIn(await started.child.line(/answers at/)) };
}

/** The URL of its admin listener. */
export async function adminOf({ child }: Pick<BridgeProcess, 'child'>): Promise<string> {
  return urlIn(await child.line(/metrics and readiness/));
}

/** The URL in a line of output. */
export const urlIn = (line: string) => /http:\S+/.exec(line)?.[0] ?? '';

/** Resolves when new connections are refused. */
export async function refusing(url: string): Promise<void> {
  for (;;) {
    // A connection that the kernel accepts during the close may stay without an answer.
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
