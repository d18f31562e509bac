#!/usr/bin/env node
import module from 'node:module';
import { Command, CommanderError } from 'commander';
import { addCheckCommand } from './cli/check.js';
import { addDigestCommand } from './cli/digest.js';
import { addDoctorCommand } from './cli/doctor.js';
import { readEnvironment } from './cli/environment.js';
import { addHealthCommand } from './cli/health.js';
import { addInitCommand } from './cli/init.js';
import { addLedgerCommands } from './cli/ledger.js';
import { createConfigurations } from './cli/load-config.js';
import { EXIT_GOOD, EXIT_USAGE, fail, tolerateClosedOutput } from './cli/process.js';
import { addProvidersCommand } from './cli/providers.js';
import { addReloadCommand } from './cli/reload.js';
import { addReplayCommand } from './cli/replay.js';
import { addSandboxCommand } from './cli/sandbox.js';
import { addSchemaCommand } from './cli/schema.js';
import { addServeCommand } from './cli/serve.js';
import { addStoreCommand } from './cli/store.js';
import { addTokensCommand } from './cli/tokens.js';
import { version } from './shared/version.js';

// Node.js 22 and later can keep compiled code from start to start.
if ('enableCompileCache' in module && typeof module.enableCompileCache === 'function') module.enableCompileCache();

const environment = () => readEnvironment(process.env);

const program = new Command('boxbridge')
  .description('Answers old Box.net API 1.0 clients from modern JSON account APIs.')
  .version(version)
  .showSuggestionAfterError()
  // An error is one line, its suggestion included.
  .configureOutput({ outputError: (text, write) => write(text.replace(/\n(?=.)/g, ' ')) })
  .exitOverride();

const configurations = createConfigurations({
  variables: process.env,
  stdin: process.stdin,
  tell: (line) => void process.stderr.write(`boxbridge: ${line}\n`),
  misused: (message) => program.error(message),
});
const { loadConfig } = configurations;

// Each command imports its work when it runs: together they take long to load.
addServeCommand(program, environment, configurations);
addInitCommand(program, process.env);
addCheckCommand(program, environment, configurations);
addHealthCommand(program, configurations);
addReloadCommand(program, loadConfig);
addProvidersCommand(program, loadConfig);
addSchemaCommand(program);
addSandboxCommand(program);
addDoctorCommand(program, environment, configurations);
addTokensCommand(program, environment, loadConfig);
addStoreCommand(program, loadConfig);
addLedgerCommands(program, loadConfig);
addReplayCommand(program);
addDigestCommand(program, environment, loadConfig);

tolerateClosedOutput();
try {
  await program.parseAsync();
} catch (error) {
  // Commander has already said what is wrong with the command line.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT_GOOD : EXIT_USAGE;
  else fail(error);
}
