import type { ApplicationConfig, Config } from '../config/config.js';
import { type Fault, toFault } from '../core/fault.js';
import { createCache } from '../providers/cache.js';
import { messageOf } from '../shared/errors.js';
import { createScope } from '../shared/scope.js';
import { createUpstreams } from '../upstream/client.js';
import type { Proxies } from '../upstream/transport.js';
import { connect } from './connect.js';

/** No modern API has issued this credential. */
const PROBE_CREDENTIAL = 'boxbridge-check';

/**
 * Reads an account of every application's modern API with a credential that it must reject. Gives a line for every
 * application whose API gives another outcome than "unauthenticated".
 */
export async function probeApplications({ applications, limits }: Config, proxies?: Proxies): Promise<string[]> {
  const upstreams = createUpstreams({
    timeoutMs: limits.upstreamTimeoutMs,
    concurrentCalls: limits.concurrentCalls,
    proxies,
  });
  const lines = await Promise.all(
    applications.flatMap(withShadow).map(async (application) => {
      const { connect: connectTo, name, provider, baseUrl } = await connect(application, upstreams, createCache());
      const fault = await connectTo(createScope())
        .readAccount(PROBE_CREDENTIAL)
        .then(() => undefined, toFault);
      if (fault?.reason === 'unauthenticated') return [];
      return `${name}: ${baseUrl} does not answer as ${provider} should (${outcomeOf(fault)}); check base_url`;
    }),
  );
  return lines.flat();
}

/** An application, and one in the place of its shadow. */
function withShadow(application: ApplicationConfig): ApplicationConfig[] {
  const { name, shadow } = application;
  return shadow ? [application, { ...application, ...shadow, name: `the shadow of ${name}` }] : [application];
}

function outcomeOf(fault: Fault | undefined): string {
  if (!fault) return 'it takes any credential';
  return fault.cause === undefined ? fault.reason : messageOf(fault.cause);
}
