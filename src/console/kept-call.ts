import type { Exchange } from '../core/exchange.js';
import { type MaskedExchange, maskExchange } from '../observability/masked-exchange.js';

/** What a list of calls shows of one. */
export interface CallSummary {
  /** When the call began, in milliseconds since 1970. */
  readonly startedAt: number;
  readonly ms: number;
  /** The name of the application; undefined where the call names none that exists. */
  readonly application: string | undefined;
  /** The name of the legacy format. */
  readonly protocol: string;
  readonly address: string;
  readonly userAgent: string;
  /** Undefined where none was decoded. */
  readonly action: string | undefined;
  /** The status word. */
  readonly status: string;
  readonly httpStatus: number;
  /** Why there is no success; undefined where there is. */
  readonly cause: string | undefined;
}

/** A call without its secrets, of a bounded size: a value that can be sent between processes. */
export interface KeptCall {
  readonly summary: CallSummary;
  /** The masked exchange in JSON, with its texts and lists cut. */
  readonly detail: string;
}

/** What stands in place of a secret. */
export const MASK = '•••';

/** The same in a URL. */
const MASK_IN_URL = encodeURIComponent(MASK);

/** A masked text for people: its masks are not encoded. */
export const legible = (text: string) => text.replaceAll(MASK_IN_URL, MASK);

/** The longest text that is kept of a message, in UTF-16 units. */
const MAX_TEXT = 16_384;
/** The longest text of a summary. */
const MAX_SUMMARY_TEXT = 300;
/** The longest list that is kept: of headers, parameters or requests to modern APIs. */
const MAX_LIST = 64;
/** The largest exchange that is kept; of a larger one, its texts are cut further. In UTF-16 units of its JSON. */
const MAX_DETAIL = 131_072;

/** Replaces the secrets of a call, and cuts what is left to a bounded size. */
export function keepCall(exchange: Exchange): KeptCall {
  const masked = maskExchange(exchange, () => MASK);
  const { startedAt, ms, application, protocol, address, userAgent, action, status, reply, cause } = masked;
  const short = (text: string) => cut(text, MAX_SUMMARY_TEXT);
  return {
    summary: {
      startedAt,
      ms,
      application: application?.name,
      protocol,
      address,
      userAgent: short(userAgent),
      action: action && short(action),
      status,
      httpStatus: reply.status,
      cause: cause && short(cause),
    },
    detail: toDetail(masked, MAX_TEXT),
  };
}

/** The exchange of a kept call. */
export function detailOf({ detail }: Pick<KeptCall, 'detail'>): MaskedExchange {
  return JSON.parse(detail);
}

/** A new text, which keeps none of those that it was made of in memory. */
function toDetail(masked: MaskedExchange, maxText: number): string {
  const detail = JSON.stringify(masked, (_key, value: unknown) => {
    if (typeof value === 'string') return cut(legible(value), maxText);
    return Array.isArray(value) ? value.slice(0, MAX_LIST) : value;
  });
  return detail.length > MAX_DETAIL && maxText > 64 ? toDetail(masked, maxText / 4) : detail;
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}… (${text.length - length} more)` : text;
}
