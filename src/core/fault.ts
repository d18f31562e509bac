/** Why there is no good answer. The closed set of status words; a call that went well has no reason. */
export type Reason =
  | 'malformed'
  | 'restricted'
  | 'unauthenticated'
  | 'missing'
  | 'invalid'
  | 'conflict'
  | 'unavailable'
  | 'internal';

export interface FaultDetail {
  /** For the caller: plain text without secrets, host names or paths. */
  readonly explanation?: string;
  /** What an `invalid` value is about, where an old client has a word of its own for it. */
  readonly about?: 'email' | undefined;
  /** The modern API's own explanation, for the caller of an action that is the bridge's own. */
  readonly upstreamMessage?: string | undefined;
  /** HTTP status instead of the usual one of the reason. */
  readonly http?: number;
  /** Seconds after which a further try makes sense. */
  readonly retryAfter?: number;
  /** For the log only, never for the caller. */
  readonly cause?: unknown;
}

/** The only error that travels through the bridge on purpose; anything else that is thrown counts as `internal`. */
export class Fault extends Error {
  readonly reason: Reason;
  readonly explanation: string | undefined;
  readonly about: FaultDetail['about'];
  readonly upstreamMessage: string | undefined;
  readonly http: number | undefined;
  readonly retryAfter: number | undefined;

  constructor(reason: Reason, detail: FaultDetail = {}) {
    super(detail.explanation ?? reason, { cause: detail.cause });
    this.name = 'Fault';
    this.reason = reason;
    this.explanation = detail.explanation;
    this.about = detail.about;
    this.upstreamMessage = detail.upstreamMessage;
    this.http = detail.http;
    this.retryAfter = detail.retryAfter;
  }
}

/** What was thrown as a fault: itself, or `internal` with the error as its cause. */
export function toFault(error: unknown): Fault {
  return error instanceof Fault ? error : new Fault('internal', { cause: error });
}
