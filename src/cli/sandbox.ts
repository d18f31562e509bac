import type { Command } from 'commander';
import { type AddressOptions, toHost, toPort } from './arguments.js';
import type { CommandLine } from './command-line.js';
import { stopOnSignal } from './process.js';

/** `boxbridge sandbox`: plays the modern APIs until a signal stops it. */
export function addSandboxCommand(program: Command, { stdout, print }: CommandLine): void {
  const sandbox = program
    .command('sandbox')
    .description(
      'play the modern APIs, for trying things out; prints provider, base_url, credential, and login and password',
    )
    .option('--host <host>', 'listen here', toHost, '127.0.0.1')
    .option('--port <port>', 'listen on this port, 0 for a free one', toPort, 8081)
    .option('--print-config', 'print the configuration of a bridge in front of it, and end');
  sandbox.action(async ({ printConfig, ...address }: Required<AddressOptions> & { printConfig?: true }) => {
    if (printConfig) {
      if (address.port === 0)
        return sandbox.error('error: --print-config needs the port that --port gives the sandbox');
      const { sandboxConfig } = await import('./sandbox-config.js');
      stdout.write(sandboxConfig(address));
      return;
    }
    const { sandboxCredentials, sandboxPaths, startSandbox } = await import('../sandbox/sandbox.js');
    const running = await startSandbox(address);
    stopOnSignal(running.close);
    for (const { provider, credential, login = '', password = '' } of sandboxCredentials) {
      const line = [provider, running.url + sandboxPaths[provider], credential, login, password];
      print(line.join('\t').trimEnd());
    }
  });
}
