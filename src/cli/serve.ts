import { setFlagsFromString } from 'node:v8';
import { type Command, Option } from 'commander';
import { version } from '../shared/version.js';
import { type AddressOptions, toHost, toPort, toWorkers } from './arguments.js';
import type { CommandLine } from './command-line.js';
import { CONFIG_OPTION, type ConfigChoice, nameOf } from './load-config.js';
import { exitNow, optimize, reloadOnSignal, stopOnSignal, worker } from './process.js';

/**
 * Keeps the young generation as small as it is while the bridge starts, which is when modules are compiled and next to
 * nothing lasts: else it grows to 16 MB, which stay at rest. What serves calls may grow it as Node.js does.
 */
const YOUNG_FLAGS = { atStart: '--semi-space-growth-factor=1', afterStart: '--semi-space-growth-factor=2' };

/**
 * Lets the old generation grow by two thirds between collections instead of doubling at least: most of a call is garbage, and
 * the peak is a fifth lower at the same cost; 20 takes 8 % more CPU. Set after the start, of which hardly anything is
 * garbage.
 */
const MEMORY_FLAG = '--heap-growing-percent=65';

/** How to sign in at the console. */
const WITH_PASSWORD = 'Sign in there with any name and\nthe password of console_password_file.';
const WITHOUT_PASSWORD = 'On loopback it asks for no password.';

interface ServeArguments extends AddressOptions {
  readonly config?: string;
  readonly workers?: number;
  readonly all?: boolean;
}

/** `boxbridge serve`: answers calls until a signal stops it. */
export function addServeCommand(program: Command, { environment, configurations, print }: CommandLine): void {
  program
    .command('serve')
    .description('answer calls; without a configuration, from a sandbox that plays the modern APIs')
    .option(...CONFIG_OPTION)
    .option('--host <host>', 'listen here, whatever the configuration says', toHost)
    .option('--port <port>', 'listen on this port, 0 for a free one', toPort)
    .option('--workers <n>', 'answer in so many processes', toWorkers)
    .addOption(new Option('--all', 'without a configuration: show the long calls too').conflicts('config'))
    .action(async ({ config: named, workers, all: isAll = false, ...address }: ServeArguments) => {
      const chosen = configurations.choose(named);
      /** The demo and standard input have nothing that could be read again. */
      const readConfig = async () => {
        if (!chosen) throw new Error('there is no configuration to read again; start the bridge with one');
        if (chosen.file === '-')
          throw new Error('standard input cannot be read again; restart the bridge, or start it with a file');
        return configurations.load(chosen);
      };
      const beginWith = async () => {
        // In a worker what the primary has, whatever is in the file by now.
        if (worker) return worker.receiveConfig();
        return chosen && configurations.load(chosen);
      };
      setFlagsFromString(YOUNG_FLAGS.atStart);
      let isConfigured = false;
      const start = async () => {
        const config = await beginWith();
        isConfigured = true;
        const { serve } = await import('../bootstrap/serve.js');
        const { demo, logLevel, ...runtime } = environment();
        const running = await serve({
          config,
          readConfig,
          address,
          workers,
          demo,
          isAll,
          logLevel,
          runtime: { ...runtime, worker },
          print,
        });
        optimize();
        for (const flag of [YOUNG_FLAGS.afterStart, MEMORY_FLAG]) setFlagsFromString(flag);
        return running;
      };
      const starting = start();
      // A signal during the start takes effect once the bridge can be drained.
      stopOnSignal(async () => {
        // The configuration may come from a pipe that never ends, and nothing is open yet.
        if (!isConfigured && !worker) exitNow();
        await starting.then(
          ({ stop }) => stop(),
          () => {},
        );
      });
      reloadOnSignal(() =>
        starting.then(
          ({ reload }) => reload(),
          () => {},
        ),
      );
      const { url, adminUrl, console: pages } = await starting;
      if (worker) return;
      print(`BoxBridge ${version} answers at ${url}${chosen ? saidOf(chosen) : ''}`);
      if (adminUrl !== undefined) print(`Its metrics and readiness are at ${adminUrl}`);
      if (pages) print(`Its console is at ${pages.url}\n${pages.hasPassword ? WITH_PASSWORD : WITHOUT_PASSWORD}`);
      if (!chosen) print('A sandbox plays the modern APIs.\nNothing is kept. Stop it with Ctrl-C.');
    });
}

/** Which configuration was taken. */
const saidOf = ({ file, by }: ConfigChoice) => ` as ${nameOf(file)} says${by === undefined ? '' : `, ${by}`}`;
