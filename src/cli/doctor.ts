import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { Command } from 'commander';
import { codeOf } from '../shared/errors.js';
import type { Environment } from './environment.js';
import { loadConfigFile } from './load-config.js';

/** `boxbridge doctor`: says what becomes of a recorded request, and of the set-up without one. */
export function addDoctorCommand(program: Command, environment: () => Environment): void {
  program
    .command('doctor')
    .description('say what becomes of a request of an old program, and what to change')
    .argument('[file]', 'the request: raw HTTP, a HAR file, a curl line or a body alone; - for standard input')
    .option('--config <file>', 'the configuration, a YAML file; without it, that of the demo')
    .action(async (file: string | undefined, { config: configFile }: { config?: string }) => {
      const { runDoctor } = await import('../doctor/doctor.js');
      const config = configFile === undefined ? undefined : await loadConfigFile(configFile);
      const { logLevel: _level, sandbox: _sandbox, ...runtime } = environment();
      if (file === undefined) return;
      const bytes = await read(file);
      const isGood = await runDoctor(bytes, file, { config, runtime, isLive: false, print: console.log });
      if (!isGood) process.exitCode = 1;
    });
}

function read(file: string): Promise<Buffer> {
  if (file === '-') return buffer(process.stdin);
  return readFile(file).catch((error: unknown) => {
    throw new Error(`cannot read ${file} (${codeOf(error)}); name a file with a request of an old program`);
  });
}
