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
  const remaining = headers['x-ratelimit-remaining'] ?? headers['ratelimit-remaining'];
  return textOf(remaining) === '0' || limitsIn(headers).some(({ remaining }) => remaining === 0);
}

/**
 * The wait that a reply asks for, in whole seconds: that of `Retry-After`
 * (https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3), else of `RateLimit`
 * (https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/), else of one of the headers that preceded it.
 * Each may be a number of seconds with a fraction, a date, or seconds or milliseconds since 1970. `now` is in milliseconds.
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

function waitIn(value: UpstreamHeaders[string], now: number): number | undefined {
  const text = textOf(value);
  if (text === undefined) return undefined;
  if (/^\d{1,15}(\.\d{1,15})?$/.test(text)) {
    const number = Number(text);
    if (number < MIN_EPOCH_SECONDS) return Math.ceil(number);
    return secondsUntil(number < MIN_EPOCH_SECONDS * 1000 ? number * 1000 : number, now);
  }
  const isDate = /^[A-Z][a-z]{2,8},? .*\d\d:\d\d:\d\d|^\d{4}-\d\d-\d\dT/.test(text);
  const time = isDate ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : secondsUntil(time, now);
}

function secondsUntil(time: number, now: number): number {
  return Math.max(0, Math.ceil((time - now) / 1000));
}

/** The limits in `RateLimit`: `"burst";r=0;t=5, "day";r=80;t=3600`, in older drafts `limit=100, remaining=0, reset=5`. */
function limitsIn({ ratelimit }: UpstreamHeaders): { readonly remaining: number | undefined; readonly wait: number }[] {
  const text = textOf(ratelimit)?.toLowerCase() ?? '';
  const items = /\breset=/.test(text) ? [text] : text.split(',');
  return items.flatMap((item) => {
    const wait = /(?:^|[;,\s])(?:t|reset)=(\d{1,9})\b/.exec(item)?.[1];
    const remaining = /(?:^|[;,\s])(?:r|remaining)=(\d{1,9})\b/.exec(item)?.[1];
    return wait === undefined
      ? []
      : [{ remaining: remaining === undefined ? undefined : Number(remaining), wait: Number(wait) }];
  });
}

/** The longest wait of the limits that have nothing left; of all where none tells. */
function longestWaitIn(headers: UpstreamHeaders): number | undefined {
  const limits = limitsIn(headers);
  const spent = limits.filter(({ remaining }) => remaining === 0);
  const waits = (spent.length > 0 ? spent : limits).map(({ wait }) => wait);
  return waits.length === 0 ? undefined : Math.max(...waits);
}

function textOf(value: UpstreamHeaders[string]): string | undefined {
  return typeof value === 'string' ? value.trim() : value?.join(', ').trim();
}
