import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/config.js';
import { warningsOf } from '../config/warnings.js';
import type { Log } from '../observability/log.js';
import type { ConfigOutcome } from '../observability/metrics.js';
import { snakeCase } from '../shared/camel-case.js';
import { messageOf } from '../shared/errors.js';
import { refreshImports } from '../shared/import-module.js';

/** What came of a reload: no problems where the configuration was taken; else the one before it stays, whole. */
interface Reloaded {
  /** One line each, for the operator. */
  readonly problems: readonly string[];
}

/** Reads the configuration again and takes it, whole or not at all. Never rejects. */
export type Reload = () => Promise<Reloaded>;

export interface ReloadParts {
  /** The configuration that is in use. */
  readonly config: Config;
  /** Reads it again. Rejects with a line for every problem. */
  readonly read: () => Promise<Config>;
  /** Puts another configuration in its place. Rejects with a line for every problem, and has changed nothing then. */
  readonly take: (config: Config) => Promise<void>;
  readonly note: (outcome: ConfigOutcome) => void;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
}

/** One reload runs at a time. Whoever asks meanwhile shares the next one, which reads what is there then. */
export function createReload({ config, read, take, note, log }: ReloadParts): Reload {
  let current = config;
  const reloadOnce = async (): Promise<Reloaded> => {
    try {
      refreshImports();
      const next = await read();
      const fixed = changedForRestart(current, next);
      if (fixed.length > 0) throw new Error(fixed.map(needsRestart).join('\n'));
      await take(next);
      current = next;
      note('taken');
      log.info({ applications: next.applications.length }, 'the configuration was read again and is in use');
      for (const { message } of warningsOf(next)) log.warn(message);
      return { problems: [] };
    } catch (error) {
      const problems = messageOf(error).split('\n');
      note('refused');
      log.error({ problems }, 'the configuration was read again and is refused; the one before it stays in use');
      return { problems };
    }
  };

  let running: Promise<Reloaded> | undefined;
  let waiting: Promise<Reloaded> | undefined;
  const begin = (): Promise<Reloaded> => {
    waiting = undefined;
    running = reloadOnce().finally(() => {
      running = undefined;
    });
    return running;
  };
  return () => {
    if (!running) return begin();
    waiting ??= running.then(begin);
    return waiting;
  };
}

/** Whether a reload takes another value of a key. */
const isTaken: Readonly<Record<keyof Config, boolean>> = {
  listen: false,
  store: false,
  keyFile: false,
  limitsStore: false,
  admin: false,
  publicUrl: true,
  operator: true,
  trustProxy: true,
  log: true,
  record: true,
  rate: true,
  limits: true,
  applications: true,
};

/** The keys with another value that a reload does not take, as they are written. */
export function changedForRestart(current: Config, next: Config): string[] {
  const [before, after] = [fixedPartOf(current), fixedPartOf(next)];
  return [...restartKeys].flatMap((key) => {
    const [one, other] = [before[key], after[key]];
    if (isDeepStrictEqual(one, other)) return [];
    const name = snakeCase(key);
    // Of a store, no part is written by itself.
    if (key === 'store' || !isObject(one) || !isObject(other)) return [name];
    return Object.keys(one)
      .filter((part) => !isDeepStrictEqual(one[part], other[part]))
      .map((part) => `${name}.${snakeCase(part)}`);
  });
}

const restartKeys: ReadonlySet<string> = new Set(
  Object.entries(isTaken).flatMap(([key, taken]) => (taken ? [] : [key])),
);

function fixedPartOf(config: Config): Readonly<Record<string, unknown>> {
  const { admin } = config;
  return {
    ...Object.fromEntries(Object.entries(config).filter(([key]) => restartKeys.has(key))),
    // The password of a console is taken.
    admin: admin && { ...admin, console: admin.console !== undefined },
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

const needsRestart = (key: string) =>
  `${key} is not what the bridge was started with, and a reload does not change it; restart the bridge`;
