import type { Command } from 'commander';
import { warningsOf } from '../config/warnings.js';
import { loadProvider } from '../providers/load.js';
import type { Environment } from './environment.js';
import type { LoadConfig } from './load-config.js';

/** `boxbridge check`: names every problem of a configuration, and warns of what breaks old programs. */
export function addCheckCommand(program: Command, environment: () => Environment, loadConfig: LoadConfig): void {
  program
    .command('check')
    .description('name every problem of a configuration')
    .requiredOption('--config <file>', 'the configuration, a YAML file')
    .option('--online', 'also ask the modern API of every application, and the limits_store')
    .action(async ({ config: file, online = false }: { config: string; online?: boolean }) => {
      const config = await loadConfig(file);
      for (const { provider, shadow } of config.applications) {
        await loadProvider(provider);
        if (shadow) await loadProvider(shadow.provider);
      }
      if (online) {
        const { probeApplications } = await import('../applications/probe.js');
        const { limitsStoreProblem } = await import('../store/limits-store.js');
        const ofStore = config.limitsStore && limitsStoreProblem(config.limitsStore);
        const found = [await ofStore, ...(await probeApplications(config, environment().proxies))];
        const problems = found.filter((problem) => problem !== undefined);
        if (problems.length > 0) throw new Error(problems.join('\n'));
      }
      for (const warning of warningsOf(config)) console.error(`boxbridge: warning: ${file}: ${warning}`);
      console.log(`${file}: good, ${config.applications.length} application(s)${online ? ', all reachable' : ''}`);
    });
}
