import { EventEmitter, once } from 'node:events';
import { startUpstream, type Upstream } from './upstream.js';

/** A modern API of Previsto's kind that keeps its callers waiting until it is told to answer. */
export interface HoldingApi extends Upstream {
  /** Resolves when so many requests have come. */
  readonly arrived: (count: number) => Promise<void>;
  /** Answers all that wait, and from now on everything at once. */
  readonly release: () => void;
  /** The lines of a configuration for an application, with an API of its own. */
  readonly application: (apiKey: string) => Record<string, unknown>;
}

export async function startHolding(): Promise<HoldingApi> {
  const events = new EventEmitter();
  let isHolding = true;
  const account = JSON.stringify({ id: 'acct_1', login: 'john', name: 'John', email: 'john@example.com' });
  const upstream = await startUpstream((_request, response) => {
    const answer = () => void response.writeHead(200, { 'Content-Type': 'application/json' }).end(account);
    if (isHolding) events.once('release', answer);
    else answer();
    events.emit('arrival');
  });
  events.setMaxListeners(0);
  return {
    ...upstream,
    arrived: async (count) => {
      while (upstream.received.length < count) await once(events, 'arrival');
    },
    release: () => {
      isHolding = false;
      events.emit('release');
    },
    application: (apiKey) => ({ api_key: apiKey, provider: 'previsto', base_url: `${upstream.url}/${apiKey}` }),
  };
}
