import { type Answer, type Call, single } from '../call.js';
import { Fault } from '../fault.js';

export interface LegacyRequest {
  /** What stands behind the question mark of the URL, still encoded; empty if nothing. */
  readonly query: string;
  readonly body: string;
  readonly userAgent: string;
}

/** How this caller wants its answer; what an application's configuration and the request say about it. */
export interface Dialect {
  readonly unknownNumbers: 'auto' | 'nil' | 'omit' | 'zero';
  readonly faultStatus: 200 | 500;
  readonly userAgent: string;
}

export interface LegacyReply {
  readonly status: number;
  readonly body: string;
}

/** One of the old formats. It knows text, not sockets, and no provider. */
export interface Protocol {
  readonly name: string;
  /** Where the old API had it. */
  readonly path: string;
  readonly methods: readonly string[];
  /** The call in a request. Throws a `malformed` Fault where there is none. */
  readonly decode: (request: LegacyRequest) => Call;
  readonly encode: (answer: Answer, dialect: Dialect) => LegacyReply;
}

/** How many levels of XML a request may have. */
export interface ProtocolLimits {
  readonly xmlDepth: number;
}

/** What the oldest documents call a parameter. */
const oldNames: ReadonlyMap<string, string> = new Map([['sid', 'auth_token']]);

/** Gathers the parameters of a request in any format; several values of one name stay together. */
export function gather(pairs: Iterable<readonly [name: string, value: string]>): Map<string, string[]> {
  const parameters = new Map<string, string[]>();
  for (const [written, value] of pairs) {
    const name = oldNames.get(written) ?? written;
    const values = parameters.get(name);
    if (values) values.push(value);
    else parameters.set(name, [value]);
  }
  return parameters;
}

/** The call that `action=…` names among the parameters, as REST and XML have it. */
export function callOf(parameters: Map<string, string[]>): Call {
  const action = single(parameters, 'action');
  if (action === undefined) throw new Fault('malformed', { explanation: 'no action' });
  parameters.delete('action');
  return { action, parameters };
}
