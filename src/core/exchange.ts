import type { Answer } from './answer.js';
import type { Call } from './call.js';

/** A request of a caller as it arrived. */
export interface ReceivedRequest {
  /** The method and the target; empty where none could be read. */
  readonly method: string;
  readonly target: string;
  /** Names and values in turn, as sent. */
  readonly headers: readonly string[];
  /** Without its content coding. */
  readonly body: Buffer;
  readonly contentType: string;
}

/** What a protocol took a request for, in words for the operator that hold nothing of the request. */
export interface Sighting {
  readonly what: 'dialect' | 'character set';
  readonly is: string;
  /** By what it is known. */
  readonly why: string;
}

/** A request to a modern API and what came of it. */
export interface UpstreamExchange {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Empty where there is none. */
  readonly body: string;
  /** The status of the reply; without a reply, the error code or `timeout`. */
  readonly outcome: number | string;
  /** Undefined where none arrived. */
  readonly reply: UpstreamReply | undefined;
  /** Milliseconds from the request to the last byte of the reply. */
  readonly ms: number;
}

export interface UpstreamReply {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

/**
 * One call with all that was received and sent for it, for those who look at calls. It holds secrets: whoever keeps or
 * shows one replaces them first.
 */
export interface Exchange {
  /** The request id of the log. */
  readonly id: string;
  /** The name of the legacy format. */
  readonly protocol: string;
  readonly address: string;
  readonly userAgent: string;
  /** When the call began, in milliseconds since 1970. */
  readonly startedAt: number;
  readonly ms: number;
  readonly request: ReceivedRequest;
  /** Gives what its protocol took it for; undefined where no protocol looked at it. */
  readonly seen: (() => readonly Sighting[]) | undefined;
  /** Undefined where none could be decoded. */
  readonly call: Call | undefined;
  /** Undefined where the call names none that exists. */
  readonly application: { readonly name: string; readonly provider: string; readonly baseUrl: string } | undefined;
  readonly upstream: readonly UpstreamExchange[];
  readonly answer: Answer;
  /** Why there is no success; undefined where there is. */
  readonly cause: string | undefined;
  readonly reply: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    /** Text is UTF-8. */
    readonly body: string | Buffer;
  };
  /** The credential and the passwords that the call came to. */
  readonly secrets: readonly string[];
}

/** Looks at an exchange once the call is over. */
export type Watch = (exchange: Exchange) => void;
