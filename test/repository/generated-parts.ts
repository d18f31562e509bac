import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { createMetrics } from '../../src/observability/metrics.js';
import { providers } from '../../src/providers/index.js';
import { sandboxCredentials, sandboxPaths, startSandbox } from '../../src/sandbox/sandbox.js';
import { configurationTable } from './configuration-table.js';
import { mappingTable } from './mapping-table.js';
import { partIn } from './parts.js';
import { root } from './programs.js';
import { tableRows } from './tables.js';

/** A part of a document that the code or a measurement gives. */
export interface GeneratedPart {
  readonly file: string;
  readonly name: string;
  readonly text: string;
}

/** What `npm run docs` writes. */
export async function generatedParts(): Promise<GeneratedPart[]> {
  return [
    { file: 'docs/configuration.md', name: 'configuration', text: configurationTable() },
    { file: 'docs/speed.md', name: 'speed', text: speedTable() },
    { file: 'README.md', name: 'callers', text: callersTable() },
    { file: 'docs/watching.md', name: 'metrics', text: await metricsTable() },
    ...(await mappingParts()),
  ];
}

async function mappingParts(): Promise<GeneratedPart[]> {
  const sandbox = await startSandbox({ host: '127.0.0.1', port: 0 });
  try {
    return await Promise.all(
      Object.entries(sandboxPaths).map(async ([name, path]) => {
        const kind = providers.find((each) => each.name === name);
        const credential = sandboxCredentials.find(({ provider }) => provider === name)?.credential;
        if (!kind || credential === undefined) throw new Error(`the sandbox plays ${name}, which is no provider`);
        const text = await mappingTable(kind, credential, sandbox.url + path);
        return { file: `docs/providers/${name}.md`, name: 'mapping', text };
      }),
    );
  } finally {
    await sandbox.close();
  }
}

const resultSchema = z.object({
  facts: z.record(z.string(), z.union([z.string(), z.number()])),
  rows: z.array(
    z.object({
      name: z.string(),
      round: z.object({ p99: z.number() }),
      ratios: z.object({ cpuOfB: z.number(), rateToA: z.number(), rateToB: z.number() }),
    }),
  ),
});

/** The last whole run of the bench. */
function speedTable(): string {
  const { facts, rows } = resultSchema.parse(JSON.parse(readFileSync(join(root, 'bench/result.json'), 'utf8')));
  const number = (value: number) => value.toFixed(2);
  return [
    '',
    '| | CPU of a call: (b) ÷ this | requests a second: this ÷ (a) | this ÷ (b) | slowest hundredth, ms |',
    '|---|---|---|---|---|',
    ...rows.map(({ name, round, ratios: { cpuOfB, rateToA, rateToB } }) =>
      ['', name, number(cpuOfB), number(rateToA), number(rateToB), round.p99.toFixed(1), ''].join(' | ').trim(),
    ),
    '',
    '| | |',
    '|---|---|',
    ...Object.entries(facts).map(([name, value]) => `| ${name} | ${value} |`),
    '',
    '',
  ].join('\n');
}

/** The matrix in short: each stack with the formats in which it was tried, and how many actions it can call in each. */
function callersTable(): string {
  const matrix = partIn(readFileSync(join(root, 'docs/compatibility.md'), 'utf8'), 'matrix') ?? '';
  const formats = new Map<string, Set<string>>();
  for (const [name = '', format = '', ...cells] of tableRows(matrix, 'stack')) {
    const [stack = ''] = name.split(',');
    const done = cells.filter((cell) => cell === 'yes').length;
    if (done === 0) continue;
    const note = done < cells.length ? ` (${done} of ${cells.length} actions)` : '';
    formats.set(stack, (formats.get(stack) ?? new Set()).add(format + note));
  }
  return [
    '',
    '| program | format |',
    '|---|---|',
    ...[...formats].map(([stack, tried]) => `| ${stack} | ${[...tried].join('; ')} |`),
    '',
    '',
  ].join('\n');
}

/** The bridge's own metrics, with what `/metrics` says of each. */
async function metricsTable(): Promise<string> {
  const metrics = await createMetrics({ inFlight: () => 0, lostLines: () => 0 }).snapshot();
  return [
    '',
    '| metric | what it says |',
    '|---|---|',
    ...metrics.filter(({ name }) => name.startsWith('boxbridge_')).map(({ name, help }) => `| \`${name}\` | ${help} |`),
    '',
    '',
  ].join('\n');
}
