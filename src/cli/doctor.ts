import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { Command } from 'commander';
import { codeOf } from '../shared/errors.js';
import { type AddressOptions, toHost, toPort } from './arguments.js';
import type { Environment } from './environment.js';
import { loadConfigFile } from './load-config.js';
import { EXIT_FAILED, stopOnSignal } from './process.js';

interface DoctorArguments extends AddressOptions {
  readonly config?: string;
  readonly listen?: true;
  readonly live?: true;
  readonly json?: true;
}

/** `boxbridge doctor`: says what becomes of a request of an old program. */
export function addDoctorCommand(program: Command, environment: () => Environment): void {
  const doctor = program
    .command('doctor')
    .description('say what becomes of a request of an old program, and what to change')
    .argument('[file]', 'the request: raw HTTP, a HAR file, a curl line or a body alone; - for standard input')
    .option('--config <file>', 'the configuration, a YAML file; without it, that of the demo')
    .option('--listen', 'wait for the next request instead')
    .option('--host <host>', 'with --listen: at this address, whatever the configuration says', toHost)
    .option('--port <port>', 'with --listen: at this port, 0 for a free one', toPort)
    .option('--live', 'ask the modern APIs themselves, which perform what is a write, with a copy of the store')
    .option('--json', 'print JSON');
  doctor.action(async (file: string | undefined, options: DoctorArguments) => {
    const { config: configFile, listen = false, live: isLive = false, json: isJson = false, ...at } = options;
    if (listen === (file !== undefined)) return doctor.error('error: name a file or --listen');
    if (isLive && configFile === undefined) return doctor.error('error: --live needs --config');
    const { diagnoseFile, diagnoseNext } = await import('../doctor/doctor.js');
    const config = configFile === undefined ? undefined : await loadConfigFile(configFile);
    const { key, proxies } = environment();
    const given = { config, runtime: { key, proxies }, isLive, isJson, print: console.log };
    const isGood =
      file === undefined
        ? await diagnoseNext({ at, onListening: sayPort, signal: abortOnSignal() }, given)
        : await diagnoseFile(await read(file), file, given);
    if (!isGood) process.exitCode = EXIT_FAILED;
  });
}

function read(file: string): Promise<Buffer> {
  if (file === '-') return buffer(process.stdin);
  return readFile(file).catch((error: unknown) => {
    throw new Error(`cannot read ${file} (${codeOf(error)}); name a file with a request of an old program`);
  });
}

/** On standard error: standard output is for what was found. */
function sayPort(port: number): void {
  process.stderr.write(`boxbridge: waiting for the next request at port ${port}\n`);
}

function abortOnSignal(): AbortSignal {
  const controller = new AbortController();
  stopOnSignal(async () => controller.abort());
  return controller.signal;
}
