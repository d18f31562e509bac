import { EventEmitter, once } from 'node:events';
import { startUpstream, type Upstream } from './upstream.js';

/** A Previsto API that holds its replies until they are released. */
export interface HoldingApi extends Upstream {
  /** Resolves when this many requests have arrived; throws where they do not. */
  readonly arrived: (count: number) => Promise<void>;
  /** Sends the held replies; from now on replies at once. */
  readonly release: () => void;
  /** The configuration of an application with a base_url of its own. */
  readonly application: (apiKey: string) => Record<string, unknown>;
}

/** Milliseconds after which a request counts as lost. */
const DEADLINE_MS = 20_000;

export async function startHolding(): Promise<HoldingApi> {
  const events = new EventEmitter();
  let isHolding = true;
  const account = JSON.stringify({ id: 'acct_1', login: 'john', name: 'John', email: 'john@example.com' });
  const upstream = await startUpstream((_request, response) => {
    const answer = () => void response.writeHead(200, { 'Content-Type': 'application/json' }).end(account);
    if (isHolding) events.once('release', answer);
    else answer();
    events.emit('request');
  });
  events.setMaxListeners(0);
  return {
    ...upstream,
    arrived: async (count) => {
      const signal = AbortSignal.timeout(DEADLINE_MS);
      while (upstream.received.length < count) {
        await once(events, 'request', { signal }).catch(() => {
          throw new Error(`${upstream.received.length} of ${count} requests arrived`);
        });
      }
    },
    release: () => {
      isHolding = false;
      events.emit('release');
    },
    application: (apiKey) => ({ api_key: apiKey, provider: 'previsto', base_url: `${upstream.url}/${apiKey}` }),
  };
}
