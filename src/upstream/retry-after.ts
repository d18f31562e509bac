/** The headers of a reply. Names in lower case. */
export type UpstreamHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The longest wait that is passed on; a longer one is an error. */
const MAX_RETRY_AFTER_SECONDS = 24 * 60 * 60;
/** Smaller numbers are a wait, larger ones a time in seconds, and from a thousand times that in milliseconds. */
const MIN_EPOCH_SECONDS = 1e9;

/**
 * Whether a refusal is a limit, which is over after a while: 429, any 4xx that says when to try again, or a 403 with
 * nothing left (https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api).
 */
export function isLimit(status: number, headers: UpstreamHeaders): boolean {
  if (status === 429) return true;
  if (status < 400 || status >= 500) return false;
  return headers['retry-after'] !== undefined || (status === 403 && isNothingLeft(headers));
}

function isNothingLeft(headers: UpstreamHeaders): boolean {
  const remaining =
    headers['x-ratelimit-remaining'] ?? headers['ratelimit-remaining'] ?? headers['x-rate-limit-remaining'];
  return (
    valuesIn(remaining).some((value) => /^(0|-\d+)$/.test(value)) ||
    limitsIn(headers).some(({ remaining }) => remaining === 0)
  );
}

/**
 * The wait that a reply asks for, in whole seconds: that of `Retry-After`
 * (https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3), else of `RateLimit`
 * (https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/), else of one of the headers that preceded it.
 * Each may be a number of seconds with a fraction, a date, or seconds or milliseconds since 1970; of several, the longest
 * counts. `now` is in milliseconds.
 */
export function retryAfterIn(headers: UpstreamHeaders, now: number): number | undefined {
  const seconds =
    waitIn(headers['retry-after'], now) ??
    longestWaitIn(headers) ??
    waitIn(headers['ratelimit-reset'], now) ??
    waitIn(headers['x-ratelimit-reset'], now) ??
    waitIn(headers['x-rate-limit-reset'], now);
  return seconds === undefined || seconds > MAX_RETRY_AFTER_SECONDS ? undefined : seconds;
}

function waitIn(header: UpstreamHeaders[string], now: number): number | undefined {
  const whole = textOf(header);
  if (whole === undefined) return undefined;
  const date = secondsUntil(dateIn(whole), now);
  const waits = date === undefined ? valuesIn(header).map((text) => numberIn(text, now)) : [date];
  return longest(waits.filter((wait) => wait !== undefined));
}

function numberIn(text: string, now: number): number | undefined {
  if (!/^\d{1,15}(\.\d{1,15})?$/.test(text)) return undefined;
  const number = Number(text);
  if (number < MIN_EPOCH_SECONDS) return Math.ceil(number);
  return secondsUntil(number < MIN_EPOCH_SECONDS * 1000 ? number * 1000 : number, now);
}

/** A date of HTTP, in any of its forms, or of ISO 8601, in milliseconds; NaN for any other text. Without a zone, it is UTC. */
function dateIn(text: string): number {
  if (!/^([a-z]{3,9},? .*|\d{4}-\d\d-\d\d[T ])\d\d:\d\d:\d\d/i.test(text)) return Number.NaN;
  const hasZone = /(z|[a-z]{3}|[+-]\d\d:?\d\d)$/i.test(text);
  return Date.parse(hasZone ? text : `${text}Z`);
}

/** Undefined where the time is NaN. */
function secondsUntil(time: number, now: number): number | undefined {
  return Number.isNaN(time) ? undefined : Math.max(0, Math.ceil((time - now) / 1000));
}

function longest(waits: readonly number[]): number | undefined {
  return waits.length === 0 ? undefined : Math.max(...waits);
}

/** The limits in `RateLimit`: `"burst";r=0;t=5, "day";r=80;t=3600`, in older drafts `limit=100, remaining=0, reset=5`. */
function limitsIn({ ratelimit }: UpstreamHeaders): { readonly remaining: number | undefined; readonly wait: number }[] {
  const text = textOf(ratelimit)?.toLowerCase() ?? '';
  const items = /\breset\s*=/.test(text) ? [text] : text.split(',');
  return items.flatMap((item) => {
    const wait = /(?:^|[;,\s])(?:t|reset)\s*=\s*(\d{1,9})\b/.exec(item)?.[1];
    const remaining = /(?:^|[;,\s])(?:r|remaining)\s*=\s*(\d{1,9})\b/.exec(item)?.[1];
    return wait === undefined
      ? []
      : [{ remaining: remaining === undefined ? undefined : Number(remaining), wait: Number(wait) }];
  });
}

/** The longest wait of the limits that have nothing left; of all where none tells. */
function longestWaitIn(headers: UpstreamHeaders): number | undefined {
  const limits = limitsIn(headers);
  const spent = limits.filter(({ remaining }) => remaining === 0);
  return longest((spent.length > 0 ? spent : limits).map(({ wait }) => wait));
}

/** The values of a header that is a list. */
function valuesIn(header: UpstreamHeaders[string]): string[] {
  return (
    textOf(header)
      ?.split(',')
      .map((value) => value.trim()) ?? []
  );
}

function textOf(value: UpstreamHeaders[string]): string | undefined {
  return typeof value === 'string' ? value.trim() : value?.join(', ').trim();
}
