import { cleaned } from '../shared/clean.js';

/** The longest text in a cell. */
const MAX_LENGTH = 200;

/** A text as a cell of a table for people: on one line, and nothing that a terminal would obey. */
export function cellOf(text: string): string {
  return cleaned(text, MAX_LENGTH);
}

/** A table for people: aligned columns, and of a text that is empty a dash. */
export function tableOf(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((text) => cellOf(text) || '–'));
  const widths = (cells[0] ?? []).map((_head, n) => Math.max(...cells.map((row) => row[n]?.length ?? 0)));
  const lineOf = (row: readonly string[]) => row.map((text, n) => text.padEnd(widths[n] ?? 0)).join('  ');
  return cells.map((row) => `${lineOf(row).trimEnd()}\n`).join('');
}
