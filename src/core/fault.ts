/** Why a call failed. The set is closed: `error-mapping.ts` has a row for each. */
export const reasons = [
  'malformed',
  'restricted',
  'unauthenticated',
  'missing',
  'invalid',
  'conflict',
  'unavailable',
  'internal',
] as const;

export type Reason = (typeof reasons)[number];

export interface FaultDetail {
  /** Plain text for the caller; MUST NOT hold a secret, a host name or a path. */
  readonly explanation?: string | undefined;
  /**
   * The `invalid` parameter, where it has a status word of its own; or why a right password is `unauthenticated`: the
   * modern API asks for a second factor.
   */
  readonly about?: 'email' | 'second factor' | undefined;
  /** The modern API's explanation, for the `message` element of the bridge's own actions. */
  readonly upstreamMessage?: string | undefined;
  /** HTTP status that overrides that of the reason. */
  readonly http?: number | undefined;
  /** Seconds for `Retry-After`; overrides that of the reason. */
  readonly retryAfter?: number | undefined;
  /** For the log, an error or a text; MUST NOT reach the caller. */
  readonly cause?: unknown;
}

/** A failure that a caller is told of. Any other error that is thrown is a defect, and counts as `internal`. */
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

/** A Fault unchanged; any other error as the cause of an `internal` one. */
export function toFault(error: unknown): Fault {
  return error instanceof Fault ? error : new Fault('internal', { cause: error });
}
