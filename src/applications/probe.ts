import type { Config } from '../config/config.js';
import { type Fault, toFault } from '../core/fault.js';
import { createCache } from '../providers/cache.js';
import { messageOf } from '../shared/errors.js';
import { createUpstreams } from '../upstream/client.js';
import type { Proxies } from '../upstream/transport.js';
import { connect } from './connect.js';

/** A credential that no modern API ever issued. */
const PROBE_CREDENTIAL = 'boxbridge-check';

/**
 * Asks the modern API of every application whether it is one, with a credential that it must refuse. Gives a line for
 * every application whose API does not answer as it should.
 */
export async function probeApplications({ applications, limits }: Config, proxies?: Proxies): Promise<string[]> {
  const upstreams = createUpstreams({
    timeoutMs: limits.upstreamTimeoutMs,
    concurrentCalls: limits.concurrentCalls,
    proxies,
  });
  const lines = await Promise.all(
    applications.map(async (application) => {
      const { api, name, provider, baseUrl } = await connect(application, upstreams, createCache());
      const fault = await api.readAccount(PROBE_CREDENTIAL).then(() => undefined, toFault);
      if (fault?.reason === 'unauthenticated') return [];
      return `${name}: ${baseUrl} does not answer as ${provider} should (${outcomeOf(fault)}); check base_url`;
    }),
  );
  return lines.flat();
}

function outcomeOf(fault: Fault | undefined): string {
  if (!fault) return 'it takes any credential';
  return fault.cause === undefined ? fault.reason : messageOf(fault.cause);
}
