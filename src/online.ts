import type { Config } from './config.js';
import { messageOf } from './errors.js';
import { type Fault, toFault } from './fault.js';
import { createSend } from './http.js';
import { createCache } from './providers/cached.js';
import { connect } from './tools.js';

/** No modern API ever issued this. */
const NOBODY = 'boxbridge-check';

/**
 * Asks the modern API of every application whether it is one, with a credential that it must refuse. Gives a line for
 * every application whose API does not answer as it should.
 */
export async function findUnreachable(config: Config): Promise<string[]> {
  const send = createSend({ timeoutMs: config.limits.upstreamTimeoutMs });
  const lines = await Promise.all(
    config.applications.map(async (application) => {
      const { api, name, provider, baseUrl } = await connect(application, send, createCache());
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
