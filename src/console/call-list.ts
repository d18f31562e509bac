import type { IncomingMessage } from 'node:http';
import type { Calls, NumberedCall } from './calls.js';
import type { CallSummary } from './kept-call.js';

/** Which calls somebody wants to see. */
export interface CallFilter {
  /** Words that all have to be in what the list shows of a call, in lower case. */
  readonly words: readonly string[];
  /** Whether calls with success are left out. */
  readonly failuresOnly: boolean;
}

/** The query of a request. */
export function queryIn({ url = '' }: IncomingMessage): URLSearchParams {
  return new URLSearchParams(url.split('?')[1] ?? '');
}

/** The filter in the query of a URL. */
export function filterIn(query: URLSearchParams): CallFilter {
  const words = (query.get('words') ?? '').slice(0, 200).toLowerCase().split(/\s+/).filter(Boolean);
  return { words, failuresOnly: query.has('failures') };
}

/** The query of a filter. */
export function queryOf({ words, failuresOnly }: CallFilter): URLSearchParams {
  const query = new URLSearchParams();
  if (words.length > 0) query.set('words', words.join(' '));
  if (failuresOnly) query.set('failures', 'on');
  return query;
}

export function matches({ words, failuresOnly }: CallFilter, { summary }: NumberedCall): boolean {
  if (failuresOnly && summary.cause === undefined) return false;
  if (words.length === 0) return true;
  const { application, protocol, address, userAgent, action, status, cause } = summary;
  const text = [application, protocol, address, userAgent, action, status, cause].join('\n').toLowerCase();
  return words.every((word) => text.includes(word));
}

/** A row of the list of calls, as the templates read it. */
interface CallRow extends CallSummary {
  readonly number: number;
  /** The time in UTC, for machines and for people. */
  readonly isoTime: string;
  readonly time: string;
  /** The program that called. */
  readonly client: string;
  readonly took: string;
}

export function rowOf({ number, summary }: NumberedCall): CallRow {
  const isoTime = new Date(summary.startedAt).toISOString();
  const program = summary.userAgent === '' ? 'no User-Agent' : summary.userAgent;
  return {
    ...summary,
    number,
    isoTime,
    time: isoTime.slice(11, 23),
    client: program,
    took: summary.ms.toFixed(1),
  };
}

/** The rows of the calls that a filter lets through, the latest first. */
export function rowsOf({ latest }: Pick<Calls, 'latest'>, filter: CallFilter): CallRow[] {
  return latest()
    .filter((call) => matches(filter, call))
    .map(rowOf);
}
