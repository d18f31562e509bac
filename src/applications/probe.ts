import { connect, openUpstreams } from '../bootstrap/services.js';
import type { Config } from '../config/load.js';
import { type Fault, toFault } from '../core/fault.js';
import { createCache } from '../providers/cache.js';
import { messageOf } from '../shared/errors.js';
import type { Proxies } from '../upstream/transport.js';

/** No modern API ever issued this. */
const NOBODY = 'boxbridge-check';

/**
 * Asks the modern API of every application whether it is one, with a credential that it must refuse. Gives a line for
 * every application whose API does not answer as it should.
 */
export async function findUnreachable(config: Config, proxies?: Proxies): Promise<string[]> {
  const upstreams = openUpstreams(config, { proxies });
  const lines = await Promise.all(
    config.applications.map(async (application) => {
      const { api, name, provider, baseUrl } = await connect(application, upstreams, createCache());
      const fault = await api.readAccount(NOBODY).then(() => undefined, toFault);
      if (fault?.reason === 'unauthenticated') return [];
      return `${name}: ${baseUrl} does not answer as ${provider} should (${whatItDid(fault)}); check base_url`;
    }),
  );
  return lines.flat();
}

function whatItDid(fault: Fault | undefined): string {
  if (!fault) return 'it takes any credential';
  return fault.cause === undefined ? fault.reason : messageOf(fault.cause);
}
