#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { actionNames } from './actions.js';
import { addTokensCommand } from './cli-tokens.js';
import { type Config, ConfigError, loadConfig } from './config.js';
import { demonstrate } from './demo.js';
import { codeOf, messageOf } from './errors.js';
import { featureTable } from './features.js';
import type { Listening } from './listen.js';
import { createLog } from './log.js';
import { findUnreachable } from './online.js';
import { providers } from './providers/index.js';
import { loadProvider } from './providers/load.js';
import { sandboxCredentials, sandboxPaths, startSandbox } from './sandbox/sandbox.js';
import { start } from './start.js';
import { version } from './version.js';

const EXIT_GOOD = 0;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

interface At {
  readonly host?: string;
  readonly port?: number;
}

const { BOXBRIDGE_KEY: base64 } = process.env;
const key = base64 === undefined ? undefined : { base64 };

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
  .action(async ({ config: file, ...at }: At & { config?: string }) => {
    const bridge = file === undefined ? await demonstrate(at, process.cwd(), console.log, key) : await serve(file, at);
    untilStopped(bridge);
    const how = file === undefined ? ' from a sandbox; try the calls above, stop it with Ctrl-C' : '';
    console.log(`BoxBridge ${version} answers at ${bridge.url}${how}`);
  });

program
  .command('check')
  .description('name every problem of a configuration')
  .requiredOption('--config <file>', 'the configuration, a YAML file')
  .option('--online', 'also ask the modern API of every application')
  .action(async ({ config: file, online = false }: { config: string; online?: boolean }) => {
    const config = await load(file);
    for (const { provider } of config.applications) await loadProvider(provider);
    const problems = online ? await findUnreachable(config) : [];
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
    const sandbox = await startSandbox(at);
    untilStopped(sandbox);
    for (const { provider, credential } of sandboxCredentials) {
      console.log(`${provider}\t${sandbox.url}${sandboxPaths[provider]}\t${credential}`);
    }
  });

addTokensCommand(program, { load, key });

function toHost(text: string): string {
  if (text === '') throw new InvalidArgumentError('A host is a name or an address.');
  return text;
}

function toPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65535)) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}

async function serve(file: string, at: At): Promise<Listening> {
  const config = await load(file);
  return start({ ...config, listen: { ...config.listen, ...at } }, createLog(), { key });
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

/** Ends the process in good order at the first signal that asks for it. */
function untilStopped({ close }: Pick<Listening, 'close'>): void {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void close().catch(fail));
}

function fail(error: unknown): void {
  process.stderr.write(`${messageOf(error).replace(/^/gm, 'boxbridge: ')}\n`);
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
