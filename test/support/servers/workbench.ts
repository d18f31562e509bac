import type { RequestListener } from 'node:http';
import { createSandbox, sandboxPaths } from '../../../src/sandbox/sandbox.js';
import { at, callBridge, type Format, itemsOf, type Parameters, type Reply } from '../clients/legacy.js';
import { startBridge, unhurried } from './bridge.js';
import { type ReceivedRequest, startUpstream } from './upstream.js';

export type Api = keyof typeof sandboxPaths;
export const apis: readonly Api[] = ['seatable', 'previsto', 'terraform', 'golem', 'box'];

/** What the modern API does in place of the sandbox: another reply, or no reply. */
export type Interference = { readonly status: number; readonly body: unknown } | 'closes' | 'is silent';

/** A bridge in front of a sandbox whose replies a test can replace. */
export interface Workbench {
  readonly url: string;
  /** The requests that left the bridge since the test began. */
  readonly received: ReceivedRequest[];
  /** Starts over with a new sandbox and without interference. */
  readonly renew: () => void;
  /** Replaces replies from now on, where `when` holds for a request and the requests before it. */
  readonly interfere: (
    when: (request: ReceivedRequest, before: readonly ReceivedRequest[]) => boolean,
    interference: Interference,
  ) => void;
  readonly call: (format: Format, action: string, parameters: Parameters) => Promise<Reply>;
  /** Has the bridge wait so long for the modern API; unless given, as at the beginning. */
  readonly wait: (upstreamTimeoutMs?: number) => Promise<void>;
  /** The user_id of an account, of an API that lists them. */
  readonly userOf: (api: Api, admin: string, nativeId: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

const PATIENCE_MS = 20_000;

export const keyOf = (api: Api): string => `key-of-${api}`;
/** That of an application with a vault. */
export const vaultKeyOf = (api: Api): string => `vault-of-${api}`;

/** The bridge waits longer for the modern API than any test does, unless a test has it wait less. */
export async function startWorkbench(more: readonly Record<string, unknown>[] = []): Promise<Workbench> {
  let made: RequestListener | undefined;
  const sandbox: RequestListener = (request, response) => {
    made ??= createSandbox();
    made(request, response);
  };
  let answer = sandbox;
  const upstream = await startUpstream((request, response) => answer(request, response));
  const configuration = {
    limits: { body_bytes: 2_000_000, upstream_timeout_ms: PATIENCE_MS },
    applications: [
      ...apis.flatMap((provider) => {
        const application = { provider, base_url: upstream.url + sandboxPaths[provider] };
        return [
          { ...application, api_key: keyOf(provider) },
          { ...application, api_key: vaultKeyOf(provider), credentials: 'vault' },
        ];
      }),
      ...more.map((application) => ({ ...application, base_url: `${upstream.url}${application.base_url}` })),
    ],
  };
  const bridge = await startBridge(configuration);
  const ids = new Map<string, string>();
  const call: Workbench['call'] = (format, action, parameters) => callBridge(bridge.url, format, action, parameters);

  return {
    url: bridge.url,
    received: upstream.received,
    renew: () => {
      made = undefined;
      answer = sandbox;
      upstream.received.length = 0;
    },
    interfere: (when, interference) => {
      answer = (request, response) => {
        const before = upstream.received.slice(0, -1);
        const received = upstream.received.at(-1);
        if (!received || !when(received, before)) return sandbox(request, response);
        if (interference === 'closes') response.destroy();
        else if (interference !== 'is silent') {
          const body = typeof interference.body === 'string' ? interference.body : JSON.stringify(interference.body);
          response.writeHead(interference.status, { 'Content-Type': 'application/json' }).end(body);
        }
      };
    },
    call,
    wait: (upstream_timeout_ms = PATIENCE_MS) =>
      bridge.reload({ ...configuration, limits: { ...unhurried, ...configuration.limits, upstream_timeout_ms } }),
    userOf: async (api, admin, nativeId) => {
      const key = [api, admin, nativeId].join(' ');
      const known = ids.get(key);
      if (known !== undefined) return known;
      const { result } = await call('rest', 'find_accounts', [
        ['api_key', keyOf(api)],
        ['auth_token', admin],
      ]);
      upstream.received.length = 0;
      const account = itemsOf(result.accounts).find((item) => at(item, 'native_id') === nativeId);
      const id = String(at(account, 'user_id'));
      ids.set(key, id);
      return id;
    },
    close: async () => {
      await bridge.close();
      await upstream.close();
    },
  };
}

/** The body as text; the boundary of a multipart body is replaced by `BOUNDARY`. */
export function bodyOf({ headers, body }: ReceivedRequest): string {
  const boundary = /boundary=(.*)$/.exec(headers['content-type'] ?? '')?.[1];
  const text = Buffer.from(body, 'latin1').toString();
  return boundary === undefined ? text : text.replaceAll(boundary, 'BOUNDARY');
}

export function isWrite({ method }: ReceivedRequest): boolean {
  return method !== 'GET';
}
