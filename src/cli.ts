#!/usr/bin/env node
import cluster from 'node:cluster';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { giveUp } from './bootstrap/cluster/worker.js';
import { featureTable } from './bridge/capabilities.js';
import { readEnvironment } from './cli/environment.js';
import { addStoreCommand } from './cli/store.js';
import { addTokensCommand } from './cli/tokens.js';
import { type Config, ConfigError, loadConfig } from './config/load.js';
import { actionNames } from './core/actions.js';
import { providers } from './providers/index.js';
import { loadProvider } from './providers/load.js';
import { codeOf, messageOf } from './shared/errors.js';
import { version } from './shared/version.js';

const EXIT_GOOD = 0;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

interface At {
  readonly host?: string;
  readonly port?: number;
}

const environment = () => readEnvironment(process.env);

// Each command imports what it needs when it runs: together they take long to load.
const program = new Command('boxbridge')
  .description('Answers old Box.net API 1.0 clients from modern JSON account APIs.')
  .version(version)
  .showSuggestionAfterError(false)
  .exitOverride();

program
  .command('serve')
  .description('answer calls; without a configuration, from a sandbox that plays the modern APIs')
  .option('--config <file>', 'the configuration, a YAML file')
  .option('--host <host>', 'listen here, whatever the configuration says', toHost)
  .option('--port <port>', 'listen on this port, 0 for a free one', toPort)
  .option('--workers <n>', 'answer in so many processes', toWorkers)
  .action(async ({ config: file, workers, ...at }: At & { config?: string; workers?: number }) => {
    const start = async () => {
      const config = file === undefined ? undefined : await load(file);
      const { SANDBOX_VARIABLE, serve } = await import('./bootstrap/serve.js');
      const sandbox = process.env[SANDBOX_VARIABLE];
      return serve({ ...environment(), config, at, workers, sandbox, print: console.log });
    };
    const starting = start();
    // Whoever stops it while it starts waits until it can be stopped in good order.
    untilStopped(() =>
      starting.then(
        ({ stop }) => stop(),
        () => {},
      ),
    );
    const { url, adminUrl } = await starting;
    if (cluster.isWorker) return;
    const how = file === undefined ? ' from a sandbox; try the calls above, stop it with Ctrl-C' : '';
    console.log(`BoxBridge ${version} answers at ${url}${how}`);
    if (adminUrl !== undefined) console.log(`Its metrics and readiness are at ${adminUrl}`);
  });

program
  .command('check')
  .description('name every problem of a configuration')
  .requiredOption('--config <file>', 'the configuration, a YAML file')
  .option('--online', 'also ask the modern API of every application')
  .action(async ({ config: file, online = false }: { config: string; online?: boolean }) => {
    const config = await load(file);
    for (const { provider } of config.applications) await loadProvider(provider);
    const problems = online
      ? await (await import('./applications/probe.js')).findUnreachable(config, environment().proxies)
      : [];
    if (problems.length > 0) throw new Error(problems.join('\n'));
    console.log(`${file}: good, ${config.applications.length} application(s)${online ? ', all reachable' : ''}`);
  });

program
  .command('providers')
  .description('show what each modern API can')
  .action(() => {
    process.stdout.write(featureTable());
  });

program
  .command('sandbox')
  .description('play the modern APIs, for trying things out')
  .option('--host <host>', 'listen here', toHost, '127.0.0.1')
  .option('--port <port>', 'listen on this port, 0 for a free one', toPort, 8081)
  .action(async (at: Required<At>) => {
    const { sandboxCredentials, sandboxPaths, startSandbox } = await import('./sandbox/sandbox.js');
    const sandbox = await startSandbox(at);
    untilStopped(sandbox.close);
    for (const { provider, credential } of sandboxCredentials) {
      console.log(`${provider}\t${sandbox.url}${sandboxPaths[provider]}\t${credential}`);
    }
  });

addTokensCommand(program, { load, environment });
addStoreCommand(program, { load });

function toHost(text: string): string {
  if (text === '') throw new InvalidArgumentError('A host is a name or an address.');
  return text;
}

function toPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65535)) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}

function toWorkers(text: string): number {
  const workers = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (workers === 0) throw new InvalidArgumentError('A number of workers is from 1 to 999.');
  return workers;
}

/** Throws an Error with a line for every problem, each with the file and its line. */
async function load(file: string): Promise<Config> {
  try {
    return await loadConfig(file, { actions: actionNames, providers });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new Error(
      error.problems.map(({ line, message }) => (line === 0 ? message : `${file}:${line}: ${message}`)).join('\n'),
    );
  }
}

/** How long a process that has stopped may take to end by itself, in milliseconds. */
const LAST_MS = 500;

/** Ends the process in good order at the first signal that asks for it, and at once at the second. */
function untilStopped(stop: () => Promise<void>): void {
  let isStopping = false;
  const onSignal = () => {
    // A worker may be told twice: with its whole group, and by its parent.
    if (isStopping && !cluster.isWorker) process.exit(EXIT_FAILED);
    if (isStopping) return;
    isStopping = true;
    stop()
      .catch(fail)
      .finally(() => {
        cluster.worker?.disconnect();
        // What is still under way then, such as a request to a modern API whose caller is gone, is nobody's.
        setTimeout(() => process.exit(), LAST_MS).unref();
      });
  };
  process.on('SIGTERM', onSignal);
  // Ctrl-C reaches the workers too, but it is for their parent to stop them.
  process.on('SIGINT', cluster.isWorker ? () => {} : onSignal);
}

function fail(error: unknown): void {
  // The parent of workers says it, once for all.
  if (cluster.isWorker) giveUp(messageOf(error));
  else process.stderr.write(`${messageOf(error).replace(/^/gm, 'boxbridge: ')}\n`);
  process.exitCode = EXIT_FAILED;
}

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', (error) => {
  if (codeOf(error) !== 'EPIPE') fail(error);
});

try {
  await program.parseAsync();
} catch (error) {
  // Commander has already said what is wrong with the words of the command line.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT_GOOD : EXIT_USAGE;
  else fail(error);
}
