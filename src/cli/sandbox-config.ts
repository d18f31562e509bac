import { demoApplications, demoVault } from '../bootstrap/demo.js';
import { sampleConfig } from '../config/sample.js';
import { sandboxCredentials, sandboxPaths } from '../sandbox/sandbox.js';
import type { AddressOptions } from './arguments.js';
import { localUrl } from './local-url.js';

/** The configuration of a bridge in front of a sandbox that listens here, whose data is its own. */
export function sandboxConfig(at: Required<AddressOptions>): string {
  const sandbox = localUrl(at);
  return sampleConfig({
    about: [`For a sandbox at ${sandbox}: boxbridge sandbox --host ${at.host} --port ${at.port}`],
    listen: { host: '127.0.0.1', port: 8080 },
    isBehindProxy: false,
    database: './data/sandbox/bridge.db',
    keyFile: './data/sandbox/bridge.key',
    applications: [...demoApplications, demoVault].map(({ provider, apiKey, ...more }) => {
      const isVault = 'credential' in more;
      const credentials = sandboxCredentials.filter((each) => each.provider === provider);
      const tokens = credentials.map(({ credential }) => credential).join(', ');
      return {
        apiKey,
        name: `Sandbox of ${provider}${isVault ? ', with a vault' : ''}`,
        provider,
        baseUrl: sandbox + sandboxPaths[provider],
        credentials: isVault ? 'vault' : 'passthrough',
        maxUploadSize: 2147483648,
        about: [isVault ? `Sign in with ${tokens}` : `auth_token: ${tokens}`],
      };
    }),
  });
}
