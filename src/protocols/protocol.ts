import { type Answer, type Call, single } from '../core/call.js';
import { Fault } from '../core/fault.js';

/** A request as it arrived at the path of a format. */
export interface LegacyRequest {
  /** What stands behind the question mark of the URL, byte by byte and still escaped; empty if nothing. */
  readonly query: Buffer;
  readonly body: Buffer;
  /** Empty if there is none; the old clients send any. */
  readonly contentType: string;
  readonly userAgent: string;
}

/** How an application's callers want their answers, as its configuration says. */
export interface Dialect {
  readonly unknownNumbers: 'auto' | 'nil' | 'omit' | 'zero';
  readonly faultStatus: 200 | 500;
  /** The character set of replies. */
  readonly replyCharset: string;
}

export interface LegacyReply {
  readonly status: number;
  readonly mediaType: 'text/xml' | 'application/soap+xml';
  /** A document whose declaration names the character set of the dialect. */
  readonly body: string;
}

/** A request as a format understands it. */
export interface Reading {
  /** The call in it. Throws a `malformed` Fault where there is none. */
  readonly call: () => Call;
  /** Why it may not be performed although it can be read. */
  readonly objection?: Fault | undefined;
  /** The answer as this caller reads it. */
  readonly encode: (answer: Answer, dialect: Dialect) => LegacyReply;
}

/** One of the old formats. It knows bytes, not sockets, and no provider. */
export interface Protocol {
  readonly name: string;
  /** Where the old API had it. */
  readonly path: string;
  readonly methods: readonly string[];
  readonly read: (request: LegacyRequest) => Reading;
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
