import type { Command } from 'commander';
import type { Environment } from './environment.js';
import { CONFIG_OPTION, type Configurations, HOW_TO_NAME, nameOf } from './load-config.js';
import { EXIT_FAILED } from './process.js';

interface CheckOptions {
  readonly config?: string;
  readonly online?: boolean;
  readonly json?: boolean;
}

/** `boxbridge check`: names every problem of a configuration, and warns of what breaks old programs. */
export function addCheckCommand(
  program: Command,
  environment: () => Environment,
  configurations: Configurations,
): void {
  const check = program
    .command('check')
    .description('name every problem of a configuration, and change nothing')
    .argument('[file]', 'the same as --config')
    .option(...CONFIG_OPTION)
    .option('--online', 'also ask PostgreSQL, and the modern API of every application')
    .option('--json', 'print JSON');
  check.action(
    async (file: string | undefined, { config, online: isOnline = false, json: isJson = false }: CheckOptions) => {
      if (file !== undefined && config !== undefined) return check.error('error: name the configuration once');
      const chosen = configurations.choose(file ?? config);
      if (!chosen) return check.error(`error: name a configuration: FILE, or ${HOW_TO_NAME}`);
      const { checkConfiguration, toJson, toLines } = await import('./check-operations.js');
      const checked = await checkConfiguration(() => configurations.locate(chosen.file), { environment, isOnline });
      if (!checked.isGood) process.exitCode = EXIT_FAILED;
      const name = nameOf(chosen.file);
      if (isJson) {
        console.log(toJson(name, checked));
        return;
      }
      for (const line of toLines(name, checked)) process.stderr.write(`boxbridge: ${line}\n`);
      if (!checked.isGood) return;
      const count = `${checked.applications} application(s)${isOnline ? ', all reachable' : ''}`;
      console.log(`${name}: good, ${count}${chosen.by === undefined ? '' : `, ${chosen.by}`}`);
    },
  );
}
