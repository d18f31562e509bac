import type { Answer } from '../core/answer.js';
import type { Call } from '../core/call.js';
import type { Sighting } from '../core/exchange.js';
import type { Fault } from '../core/fault.js';

/** A request at the path of a protocol, before it is decoded. */
export interface LegacyRequest {
  /** The raw query of the URL without its question mark, percent-encoded; empty where there is none. */
  readonly query: Buffer;
  readonly body: Buffer;
  /** Empty where absent; old clients send arbitrary ones. */
  readonly contentType: string;
  /** Empty where absent. */
  readonly userAgent: string;
}

/** How an application is configured to have its replies encoded. */
export interface ReplyOptions {
  /** How SOAP encodes an unknown number. */
  readonly unknownNumbers: 'auto' | 'nil' | 'omit' | 'zero';
  /** HTTP status of SOAP faults. */
  readonly faultStatus: 200 | 500;
  /** The charset of replies. */
  readonly replyCharset: string;
}

export interface LegacyReply {
  readonly status: number;
  readonly mediaType: 'text/xml' | 'application/soap+xml';
  /** A document whose declaration names `replyCharset`, as text or in the bytes of UTF-8. */
  readonly body: string | Buffer;
}

/** A request after its protocol decoded it. */
export interface DecodedRequest {
  /** The call in the request. Throws a `malformed` Fault where there is none. */
  readonly call: () => Call;
  /** Why a call that could be decoded MUST NOT be performed. */
  readonly rejection?: Fault | undefined;
  /** Gives what the request was taken for, by the rules of `call`. Costs nothing unless it is asked. */
  readonly seen: () => readonly Sighting[];
  /** Encodes the reply for this caller. */
  readonly encode: (answer: Answer, options: ReplyOptions) => LegacyReply;
}

/** A legacy format. Works on bytes, not on sockets, and knows no provider. */
export interface Protocol {
  readonly name: string;
  /** The path of the old API, in lower case; matched case-insensitively. */
  readonly path: string;
  readonly methods: readonly string[];
  /** Loads what decoding and encoding need; absent where they need nothing. Idempotent; MUST be done before `decode`. */
  readonly load?: () => Promise<void>;
  /** MUST NOT throw for any bytes: what cannot be decoded is a Fault of `call`. */
  readonly decode: (request: LegacyRequest) => DecodedRequest;
  /** The last-resort reply, in UTF-8, for a defect in decoding the request or encoding the answer. */
  readonly internalError: LegacyReply;
}

export interface ProtocolLimits {
  /** The deepest nesting of elements that is accepted in a request. */
  readonly xmlDepth: number;
}
