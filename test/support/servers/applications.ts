import type { Application } from '../../../src/applications/application.js';
import { connect } from '../../../src/applications/connect.js';
import { parseConfig } from '../../../src/config/load.js';
import { actionNames } from '../../../src/core/actions.js';
import { createCache } from '../../../src/providers/cache.js';
import { providers } from '../../../src/providers/index.js';
import { createUpstreams } from '../../../src/upstream/client.js';

/** An application with a vault, whose modern API nobody asks. */
export async function vaultApplication(apiKey: string, settings: Record<string, unknown> = {}): Promise<Application> {
  const application = { api_key: apiKey, provider: 'previsto', base_url: 'http://127.0.0.1:1', ...settings };
  const [only] = parseConfig(
    { applications: [{ credentials: 'vault', ...application }] },
    { directory: '/', actions: actionNames, providers },
  ).applications;
  if (!only) throw new Error('no application');
  return connect(only, createUpstreams({ timeoutMs: 1000 }), createCache());
}
