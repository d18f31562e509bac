import type { JsonObject } from '../shared/json.js';
import type { ErrorMapping } from './response.js';

/** One request to a modern API. */
export interface UpstreamRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: { readonly type: string; readonly text: string };
  /** What the request does, where the table of refusals has rows for it alone. */
  readonly operation?: string | undefined;
  /** Overrides the table of refusals; undefined falls back to it. */
  readonly errorMapping?: ErrorMapping;
}

/**
 * Sends a request and gives the JSON object of a 2xx reply; rejects with a Fault for any other outcome. A GET is a read,
 * and is repeated once after a retryable outage. Any other request is a write, which is never sent twice: a 2xx is its
 * success, with an empty object where the reply has none.
 */
export type Send = (request: UpstreamRequest) => Promise<JsonObject>;
