import { startBridgeServer } from '../bootstrap/bridge-server.js';
import type { RuntimeOptions } from '../bootstrap/runtime-options.js';
import type { Config } from '../config/config.js';
import type { Exchange } from '../core/exchange.js';
import { createSilentLog } from '../observability/log.js';
import type { RecordedRequest } from './recorded-request.js';
import { startRecorder } from './recorder.js';
import { send } from './send.js';

/** A request with what became of it. */
export interface Performed {
  readonly request: RecordedRequest;
  /** The calls in it, as the pipeline answered them; none where it is no call, such as one of the sign-in page. */
  readonly exchanges: readonly Exchange[];
  /** All that the caller would receive. */
  readonly received: Buffer;
}

/** A bridge for requests to be tried on. */
export interface Stage {
  readonly url: string;
  /** Sends a request to the listener, and waits until it is answered. */
  readonly perform: (request: RecordedRequest) => Promise<Performed>;
  /** The calls that were answered since the last time. */
  readonly taken: () => readonly Exchange[];
  readonly close: () => Promise<void>;
}

export interface StageOptions {
  /** Its store and its key are written to. */
  readonly config: Config;
  readonly runtime: RuntimeOptions;
  /** Whether the modern APIs are asked, not the recorder. */
  readonly isLive: boolean;
}

/** Milliseconds that an answer may take longer than the bridge allows a call. */
const GRACE_MS = 5000;

/** Starts a whole bridge on a free port of loopback. Throws an Error with one line for the operator where it cannot. */
export async function startStage({ config, runtime, isLive }: StageOptions): Promise<Stage> {
  const recorder = isLive ? undefined : await startRecorder(config.applications);
  const exchanges: Exchange[] = [];
  const watch = (exchange: Exchange) => void exchanges.push(exchange);
  const route = recorder?.route ?? runtime.route;
  const bridge = await startBridgeServer(config, createSilentLog(), { ...runtime, route, watch }).catch(
    async (error: unknown) => {
      await recorder?.close();
      throw error;
    },
  );
  const { upstreamTimeoutMs, requestTimeoutMs } = config.limits;
  const taken = () => exchanges.splice(0);
  return {
    url: bridge.url,
    perform: async (request) => {
      const received = await send(bridge.url, request.bytes, requestTimeoutMs + 2 * upstreamTimeoutMs + GRACE_MS);
      return { request, exchanges: answeredIn(received, taken()), received };
    },
    taken,
    close: async () => {
      await bridge.close();
      await recorder?.close();
    },
  };
}

/**
 * The exchanges whose replies were received: of a request that broke off there may be another, for nobody. Where nothing
 * was received, all of them.
 */
function answeredIn(received: Buffer, exchanges: readonly Exchange[]): readonly Exchange[] {
  const answered = exchanges.filter(({ id }) => received.includes(id));
  return answered.length > 0 ? answered : exchanges;
}
