import type { Round } from './measure.js';

export interface Row {
  readonly name: string;
  /** The medians of its rounds. */
  readonly round: Round;
  /** The medians of what each round was to those of (a) and (b) in the same turn: above 1, it is cheaper than they are. */
  readonly ratios: { readonly cpuOfB: number; readonly rateToA: number; readonly rateToB: number };
}

/** The rows as text. */
export function table(rows: readonly Row[]): string {
  const head = ['', 'req/s', 'p50 ms', 'p99 ms', 'CPU µs/call', 'CPU (b)/it', 'req/s it/(a)', 'req/s it/(b)'];
  const cells = rows.map(({ name, round, ratios }) => [
    name,
    round.requestsPerSecond.toFixed(0),
    round.p50.toFixed(2),
    round.p99.toFixed(2),
    round.cpuPerCall.toFixed(0),
    ratios.cpuOfB.toFixed(2),
    ratios.rateToA.toFixed(2),
    ratios.rateToB.toFixed(2),
  ]);
  const all = [head, ...cells];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n');
}

const BAR = 22;
const LEFT = 210;
const WIDTH = 460;

/** The CPU of a call as bars, for the documentation. */
export function drawing(rows: readonly Row[]): string {
  const most = Math.max(...rows.map(({ round }) => round.cpuPerCall));
  const bars = rows.map(({ name, round }, index) => {
    const y = 30 + index * BAR;
    const width = Math.max(1, (round.cpuPerCall / most) * WIDTH);
    const fill = name.startsWith('(') ? '#9a9a9a' : '#0b57d0';
    return [
      `<text x="${LEFT - 8}" y="${y + 13}" text-anchor="end">${name.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`,
      `<rect x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="${BAR - 6}" fill="${fill}"/>`,
      `<text x="${(LEFT + width + 6).toFixed(1)}" y="${y + 13}">${round.cpuPerCall.toFixed(0)}</text>`,
    ].join('');
  });
  const height = 40 + rows.length * BAR;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${LEFT + WIDTH + 80}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="currentColor" role="img"><title>CPU of a call, in microseconds</title><text x="${LEFT}" y="18">CPU of a call, in microseconds</text>${bars.join('')}</svg>\n`;
}
