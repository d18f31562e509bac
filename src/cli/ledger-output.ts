import { cleaned } from '../shared/clean.js';
import type { LedgerRow } from '../store/ledger.js';
import type { Gap, Usage } from './ledger-operations.js';
import { tableOf } from './table.js';

/** How much a table shows of a text of a caller's; a document has all of it. */
const SHOWN_LENGTH = 60;

/** To the second. */
const timeOf = (ms: number) => new Date(ms).toISOString().replace(/\.\d+/, '');

export function usageTable(usage: readonly Usage[]): string {
  const head = [
    'application',
    'caller',
    'format',
    'what',
    'name',
    'calls',
    'refused',
    'failed',
    'first',
    'last',
    'instead',
  ];
  const rows = usage.map((each) => [
    each.application,
    cleaned(each.userAgent, SHOWN_LENGTH),
    each.protocol,
    each.kind,
    each.name,
    ...[each.count, each.refused, each.failed].map(String),
    timeOf(each.first),
    timeOf(each.last),
    each.modernRequest ?? '',
  ]);
  return tableOf([head, ...rows]);
}

export function usageDocument(usage: readonly Usage[]): string {
  return documentOf({
    usage: usage.map((each) => ({
      ...callerOf(each),
      kind: each.kind,
      name: each.name,
      calls: each.count,
      refused: each.refused,
      failed: each.failed,
      ...timesOf(each),
      modern_request: each.modernRequest ?? null,
    })),
  });
}

export function gapsTable(gaps: readonly Gap[]): string {
  const head = ['callers', 'calls', 'what', 'name', 'why', 'applications', 'last', 'last cause'];
  const rows = gaps.map(({ callers, count, kind, name, outcome, last, cause }) => [
    String(callers.length),
    String(count),
    kind,
    name,
    outcome,
    [...new Set(callers.map(({ application }) => application || '–'))].sort().join(', '),
    timeOf(last),
    cleaned(cause, SHOWN_LENGTH),
  ]);
  return tableOf([head, ...rows]);
}

export function gapsDocument(gaps: readonly Gap[]): string {
  return documentOf({
    gaps: gaps.map(({ kind, name, outcome, count, callers, ...times }) => ({
      kind,
      name,
      reason: outcome,
      calls: count,
      ...timesOf(times),
      callers: callers.map((row) => ({ ...callerOf(row), calls: row.count, ...timesOf(row) })),
    })),
  });
}

/** An application that is not known is null. */
function callerOf({ application, userAgent, protocol }: Pick<LedgerRow, 'application' | 'userAgent' | 'protocol'>) {
  return { application: application || null, user_agent: userAgent, format: protocol };
}

function timesOf({ first, last, cause }: Pick<LedgerRow, 'first' | 'last' | 'cause'>) {
  return { first: timeOf(first), last: timeOf(last), cause: cause || null };
}

function documentOf(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
