import type { Answer } from '../core/answer.js';
import type { Call } from '../core/call.js';
import type { Fault } from '../core/fault.js';

/** A request as it arrived at the path of a protocol. */
export interface LegacyRequest {
  /** The query of the URL without its question mark, byte by byte and still escaped; empty if there is none. */
  readonly query: Buffer;
  readonly body: Buffer;
  /** Empty if absent; the old clients send any. */
  readonly contentType: string;
  readonly userAgent: string;
}

/** How an application's callers want their replies, as its configuration says. */
export interface ReplyOptions {
  readonly unknownNumbers: 'auto' | 'nil' | 'omit' | 'zero';
  readonly faultStatus: 200 | 500;
  /** The character set of replies. */
  readonly replyCharset: string;
}

export interface LegacyReply {
  readonly status: number;
  readonly mediaType: 'text/xml' | 'application/soap+xml';
  /** A document whose declaration names the character set of the reply options. */
  readonly body: string;
}

/** A request as its protocol understands it. */
export interface DecodedRequest {
  /** The call in it. Throws a `malformed` Fault if it has none. */
  readonly call: () => Call;
  /** Why the call, although readable, MUST NOT be performed. */
  readonly rejection?: Fault | undefined;
  /** The reply for this caller. */
  readonly encode: (answer: Answer, options: ReplyOptions) => LegacyReply;
}

/** One of the legacy formats. It knows bytes, not sockets, and no provider. */
export interface Protocol {
  readonly name: string;
  /** Where the old API had it; case-insensitive. */
  readonly path: string;
  readonly methods: readonly string[];
  /** Never throws for any bytes: what cannot be read is a Fault of `call`. */
  readonly decode: (request: LegacyRequest) => DecodedRequest;
  /** The reply of last resort, in UTF-8: what the caller gets where a defect keeps its request from being decoded or its answer from being encoded. */
  readonly internalError: LegacyReply;
}

export interface ProtocolLimits {
  /** The deepest nesting of elements in a request. */
  readonly xmlDepth: number;
}
