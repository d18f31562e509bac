import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type BridgeServer, startBridgeServer } from '../../../src/bootstrap/bridge-server.js';
import type { RuntimeOptions } from '../../../src/bootstrap/runtime-options.js';
import { readEnvironment } from '../../../src/cli/environment.js';
import { loadConfig, parseConfig } from '../../../src/config/load.js';
import { actionNames } from '../../../src/core/actions.js';
import type { Log } from '../../../src/observability/log.js';
import { providers } from '../../../src/providers/index.js';
import { afterwards } from '../cleanup.js';
import type { ProcessOptions } from './process.js';

/** A temporary folder; the test calls `remove`. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'boxbridge-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/**
 * Limits of a bridge in tests: that the machine is busy with other tests is no reason to answer no calls. What the limit
 * does is in test/bridge/overload.test.ts.
 */
export const unhurried = { event_loop_delay_ms: 600_000 };

export interface TestedBridge extends BridgeServer {
  /** Its folder, with its store and key. */
  readonly folder: string;
  /** Has it take another configuration, written likewise. */
  readonly reload: (configuration: object) => Promise<void>;
}

/** A bridge on loopback with a store in a folder of its own; the configuration is written with the keys of the file. */
export async function startBridge(
  {
    limits,
    ...configuration
  }: {
    applications: readonly Record<string, unknown>[];
    limits?: object;
    [key: string]: unknown;
  },
  { log = pino({ level: 'silent' }), ...runtime }: RuntimeOptions & { readonly log?: Log } = {},
): Promise<TestedBridge> {
  const folder = await temporaryFolder();
  const parse = (given: object) =>
    parseConfig(
      { listen: { host: '127.0.0.1', port: 0 }, limits: { ...unhurried, ...limits }, ...given },
      { directory: folder.path, actions: actionNames, providers },
    );
  const bridge = await startBridgeServer(parse(configuration), log, runtime);
  return {
    ...bridge,
    reload: (next) => bridge.take(parse(next)),
    folder: folder.path,
    close: async () => {
      await bridge.close();
      await folder.remove();
    },
  };
}

/**
 * What `boxbridge serve --port 0` starts with the configuration in a folder, in the process of the tests and without a log;
 * it is closed after the test. Rejects with what `serve` says.
 */
export async function startBridgeIn(
  { cwd, env = {} }: Pick<ProcessOptions, 'cwd' | 'env'>,
  file = 'bridge.yaml',
): Promise<BridgeServer> {
  const config = await loadConfig(join(cwd, file), { actions: actionNames, providers, variables: env });
  const { key, proxies } = readEnvironment(env);
  const bridge = await startBridgeServer(
    {
      ...config,
      listen: { host: '127.0.0.1', port: 0 },
      limits: { ...config.limits, eventLoopDelayMs: unhurried.event_loop_delay_ms },
    },
    pino({ level: 'silent' }),
    { key, proxies },
  );
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= bridge.close();
    return closing;
  };
  afterwards(close);
  return { ...bridge, close };
}
