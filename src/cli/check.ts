import type { Command } from 'commander';
import type { CommandLine } from './command-line.js';
import { CONFIG_OPTION, HOW_TO_NAME, nameOf } from './load-config.js';

interface CheckOptions {
  readonly config?: string;
  readonly online?: boolean;
  readonly json?: boolean;
}

/** `boxbridge check`: names every problem of a configuration, and warns of what breaks old programs. */
export function addCheckCommand(
  program: Command,
  { environment, configurations, print, tell, setFailed }: CommandLine,
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
      if (!checked.isGood) setFailed();
      const name = nameOf(chosen.file);
      if (isJson) {
        print(toJson(name, checked));
        return;
      }
      for (const line of toLines(name, checked)) tell(line);
      if (!checked.isGood) return;
      const count = `${checked.applications} application(s)${isOnline ? ', all reachable' : ''}`;
      print(`${name}: good, ${count}${chosen.by === undefined ? '' : `, ${chosen.by}`}`);
    },
  );
}
