import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { ApplicationConfig, Config } from '../config/config.js';
import type { DoctorOptions } from '../doctor/doctor.js';
import { codeOf } from '../shared/errors.js';
import { type AddressOptions, toHost, toPort } from './arguments.js';
import type { CommandLine } from './command-line.js';
import type { Environment } from './environment.js';
import { CONFIG_OPTION, HOW_TO_NAME, nameOf } from './load-config.js';
import { stopOnSignal } from './process.js';
import { readSecret } from './read-secret.js';

interface DoctorArguments extends AddressOptions {
  readonly config?: string;
  readonly listen?: true;
  readonly live?: true;
  readonly json?: true;
  readonly authTokenFile?: string;
  readonly application?: string;
}

/** `boxbridge doctor`: says what becomes of a request of an old program; without one, what is wrong with the set-up. */
export function addDoctorCommand(program: Command, commandLine: CommandLine): void {
  const { environment, configurations, pathOf, print, setFailed } = commandLine;
  const doctor = program
    .command('doctor')
    .description('say what becomes of a request of an old program, or how the set-up is, and what to change')
    .argument('[file]', 'the request: raw HTTP, a HAR file, a curl line or a body alone; - for standard input')
    .option(CONFIG_OPTION[0], `${CONFIG_OPTION[1]}; for a request, that of the demo where there is none`)
    .option('--listen', 'wait for the next request instead')
    .option('--host <host>', 'with --listen: at this address, whatever the configuration says', toHost)
    .option('--port <port>', 'with --listen: at this port, 0 for a free one', toPort)
    .option('--live', 'ask the modern APIs themselves, which perform what is a write, with a copy of the store')
    .option('--auth-token-file <file>', 'without a request: has the auth_token of an old program, to be tried')
    .option('--application <name>', 'the application of that auth_token, where there are several')
    .option('--json', 'print JSON');
  doctor.action(async (file: string | undefined, options: DoctorArguments) => {
    const { config: named, listen = false, live: isLive = false, json: isJson = false } = options;
    const isRequest = listen || file !== undefined;
    if (listen && file !== undefined) return doctor.error('error: name a file or --listen, not both');
    const chosen = configurations.choose(named);
    if (!chosen && (isLive || !isRequest))
      return doctor.error(`error: name a configuration (${HOW_TO_NAME}), or a file with a request and no --live`);
    if (chosen?.file === '-' && file === '-')
      return doctor.error('error: standard input is the request; name a file in --config');
    const config = chosen && (await configurations.loadConfig(named));
    const isGood =
      config && !isRequest
        ? await examineSetUpOf(config, options, commandLine)
        : await diagnoseRequest(
            file,
            { config, folder: pathOf('.'), runtime: runtimeOf(environment()), isLive, isJson, print },
            options,
            commandLine,
          );
    if (!isGood) setFailed();
  });
}

const runtimeOf = ({ key, proxies }: Environment) => ({ key, proxies });

async function diagnoseRequest(
  file: string | undefined,
  options: DoctorOptions,
  { host, port }: AddressOptions,
  commandLine: CommandLine,
): Promise<boolean> {
  const { diagnoseFile, diagnoseNext } = await import('../doctor/doctor.js');
  if (file !== undefined) return diagnoseFile(await read(file, commandLine), nameOf(file), options);
  const at = { ...(host !== undefined && { host }), ...(port !== undefined && { port }) };
  return diagnoseNext({ at, onListening: sayPort(commandLine), signal: abortOnSignal() }, options);
}

async function examineSetUpOf(
  config: Config,
  { authTokenFile, application, json }: DoctorArguments,
  { environment, pathOf, print }: CommandLine,
): Promise<boolean> {
  const { key, proxies } = environment();
  const { examineSetUp } = await import('../doctor/set-up/set-up.js');
  const credential =
    authTokenFile === undefined
      ? undefined
      : {
          authToken: await readSecret(authTokenFile, 'auth_token', pathOf),
          application: applicationNamed(application, config),
        };
  return examineSetUp({ config, key, proxies, isOnline: true, credential }, { isJson: json ?? false, print });
}

/** A credential is shown to its own modern API alone. */
function applicationNamed(name: string | undefined, { applications }: Config): ApplicationConfig {
  const [found, ...others] = applications.filter((each) => name === undefined || each.name === name);
  if (!found) throw new Error('no application has this name; name one of the configuration in --application');
  if (others.length > 0) throw new Error('which application is the auth_token for? name it in --application');
  return found;
}

function read(file: string, { stdin, pathOf }: CommandLine): Promise<Buffer> {
  if (file === '-') return buffer(stdin);
  return readFile(pathOf(file)).catch((error: unknown) => {
    throw new Error(`cannot read ${file} (${codeOf(error)}); name a file with a request of an old program`);
  });
}

/** On standard error: standard output is for what was found. */
const sayPort =
  ({ tell }: CommandLine) =>
  (port: number): void =>
    tell(`waiting for the next request at port ${port}`);

function abortOnSignal(): AbortSignal {
  const controller = new AbortController();
  stopOnSignal(async () => controller.abort());
  return controller.signal;
}
