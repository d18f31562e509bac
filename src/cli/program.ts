import { Command, CommanderError } from 'commander';
import { version } from '../shared/version.js';
import { addCheckCommand } from './check.js';
import type { CommandLine } from './command-line.js';
import { addDigestCommand } from './digest.js';
import { addDoctorCommand } from './doctor.js';
import { readEnvironment } from './environment.js';
import { addHealthCommand } from './health.js';
import { addInitCommand } from './init.js';
import type { Io } from './io.js';
import { addLedgerCommands } from './ledger.js';
import { createConfigurations } from './load-config.js';
import { EXIT_FAILED, EXIT_GOOD, EXIT_USAGE, report } from './process.js';
import { addProvidersCommand } from './providers.js';
import { addReloadCommand } from './reload.js';
import { addReplayCommand } from './replay.js';
import { addSandboxCommand } from './sandbox.js';
import { addSchemaCommand } from './schema.js';
import { addServeCommand } from './serve.js';
import { addStoreCommand } from './store.js';
import { addTokensCommand } from './tokens.js';

/** Runs the command that the arguments name; gives the exit code, in `serve` once it answers. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  let exitCode = EXIT_GOOD;
  const program = createProgram(io, () => {
    exitCode = EXIT_FAILED;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has already said what is wrong with the command line.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_GOOD : EXIT_USAGE;
    report(error, io.stderr);
    return EXIT_FAILED;
  }
}

function createProgram(io: Io, setFailed: () => void): Command {
  const { stdout, stderr, variables } = io;
  const program = new Command('boxbridge')
    .description('Answers old Box.net API 1.0 clients from modern JSON account APIs.')
    .version(version)
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      // An error is one line, its suggestion included.
      outputError: (text, write) => write(text.replace(/\n(?=.)/g, ' ')),
      getOutHelpWidth: () => stdout.columns ?? WIDTH,
      getErrHelpWidth: () => stderr.columns ?? WIDTH,
    })
    .exitOverride();

  const tell = (line: string) => void stderr.write(`boxbridge: ${line}\n`);
  const misused = (message: string) => program.error(message);
  const commandLine: CommandLine = {
    ...io,
    environment: () => readEnvironment(variables),
    configurations: createConfigurations({ ...io, tell, misused }),
    print: (line) => void stdout.write(`${line}\n`),
    tell,
    setFailed,
  };
  // Each command imports its work when it runs: together they take long to load.
  for (const add of COMMANDS) add(program, commandLine);
  return program;
}

/** Columns of a help that is on no terminal. */
const WIDTH = 80;

/** In the order of the help. */
const COMMANDS: readonly ((program: Command, commandLine: CommandLine) => void)[] = [
  addServeCommand,
  addInitCommand,
  addCheckCommand,
  addHealthCommand,
  addReloadCommand,
  addProvidersCommand,
  addSchemaCommand,
  addSandboxCommand,
  addDoctorCommand,
  addTokensCommand,
  addStoreCommand,
  addLedgerCommands,
  addReplayCommand,
  addDigestCommand,
];
