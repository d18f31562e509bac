import type { Impossible, Unreadable } from './stack.js';

type Cells = ReadonlyMap<string, boolean>;

/** A row of the matrix: a stack in a format, and which actions it called with success; none where it cannot. */
export interface Row {
  readonly name: string;
  readonly format: string;
  readonly cells: Cells;
  readonly unreadable?: Pick<Unreadable, 'why'>;
}

const head = (name: string, format: string) => `| ${name} | ${format} |`;

function rowOf({ name, format, cells, unreadable }: Row, actions: readonly string[], notes: readonly string[]): string {
  const no = unreadable ? `no${raised(notes.indexOf(unreadable.why))}` : 'no';
  const marks = actions.map((action) => (cells.get(action) ? 'yes' : no));
  return [head(name, format), ...marks.map((mark) => ` ${mark} |`)].join('');
}

/**
 * The matrix as Markdown: a row for a stack in a format, a column for each action. A row that was not tried in full is
 * that of the matrix before, if it was in there.
 */
export function matrixOf(
  rows: readonly Row[],
  impossible: readonly Impossible[],
  actions: readonly string[],
  before: string,
): string {
  const old = before.split('\n');
  const reasons = [...rows.map(({ unreadable }) => unreadable), ...impossible].flatMap((each) => each?.why ?? []);
  const notes = [...new Set(reasons)];
  const tried = rows.flatMap((row) => {
    const { name, format, cells } = row;
    if (actions.every((action) => cells.has(action))) return [rowOf(row, actions, notes)];
    return old.filter((line) => line.startsWith(head(name, format)));
  });
  const untried = impossible.map(({ name, format, why }) =>
    [head(name, format), ...actions.map(() => ` –${raised(notes.indexOf(why))} |`)].join(''),
  );
  const lines = [
    ['|', 'stack', '|', 'format', '|', ...actions.flatMap((action) => [action, '|'])].join(' '),
    `|${' --- |'.repeat(actions.length + 2)}`,
    ...tried,
    ...untried,
    '',
    ...notes.map((why, index) => `${raised(index)} ${why}.`),
  ];
  return `\n${lines.join('\n')}\n\n`;
}

function raised(index: number): string {
  return '¹²³⁴⁵⁶⁷⁸⁹'[index] ?? '*';
}
