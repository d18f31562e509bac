import type { Command } from 'commander';
import { type AddressOptions, toHost, toPort } from './arguments.js';
import { stopOnSignal } from './process.js';

/** `boxbridge sandbox`: plays the modern APIs until a signal stops it. */
export function addSandboxCommand(program: Command): void {
  program
    .command('sandbox')
    .description(
      'play the modern APIs, for trying things out; prints provider, base_url, credential, and login and password',
    )
    .option('--host <host>', 'listen here', toHost, '127.0.0.1')
    .option('--port <port>', 'listen on this port, 0 for a free one', toPort, 8081)
    .action(async (address: Required<AddressOptions>) => {
      const { sandboxCredentials, sandboxPaths, startSandbox } = await import('../sandbox/sandbox.js');
      const sandbox = await startSandbox(address);
      stopOnSignal(sandbox.close);
      for (const { provider, credential, login = '', password = '' } of sandboxCredentials) {
        const line = [provider, sandbox.url + sandboxPaths[provider], credential, login, password];
        console.log(line.join('\t').trimEnd());
      }
    });
}
