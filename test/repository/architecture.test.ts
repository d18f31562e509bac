import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { allowedImports, cyclesIn, type SourceFile, wrongImports } from './imports.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

function sourcesIn(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const text = readFileSync(join(root, folder, name), 'utf8');
      const statements = text.matchAll(
        /(?:^(import type|export type) [^']*?from |^(?:import|export) [^']*?from |^import |import\(|require\.resolve\()\s*'([^']+)'/gm,
      );
      const imports = [...statements].flatMap((statement) => {
        const [, type, specifier = ''] = statement;
        if (isBuiltin(specifier)) return [];
        const isType = type !== undefined;
        if (!specifier.startsWith('.')) return [{ target: packageOf(specifier), isType }];
        const path = relative(join(root, folder), resolve(root, folder, dirname(name), specifier));
        return [{ target: path.replace(/\.js$/, '.ts'), isType }];
      });
      return { path: name, lines: text.split('\n').length, imports };
    });
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

const sources = sourcesIn('src');
const paths = new Set(sources.map(({ path }) => path));
const table = allowedImports(readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8'));

describe('the imports of src', () => {
  test('are those that ARCHITECTURE.md allows, and none runs upward', () => {
    expect(wrongImports(sources, table)).toEqual([]);
  });

  test('have no cycle', () => {
    expect(cyclesIn(sources)).toEqual([]);
  });

  test('every folder has a row, and every row a folder', () => {
    const folders = new Set(sources.map(({ path }) => path.split('/')[0]));
    expect(table.map(({ folder }) => folder).sort()).toEqual([...folders].sort());
  });

  test('only cli.ts lies at the root', () => {
    expect([...paths].filter((path) => !path.includes('/'))).toEqual(['cli.ts']);
  });

  test('a provider knows no other provider', () => {
    const general = ['index', 'load', 'sdk', 'cache', 'provider', 'common'].map((name) => `providers/${name}.ts`);
    const wrong = sources
      .filter(({ path }) => path.startsWith('providers/') && !general.includes(path))
      .flatMap(({ path, imports }) => imports.map(({ target }) => [path, target] as const))
      .filter(([, target]) => /^providers\/(?!provider\.ts|common\.ts)/.test(target));
    expect(wrong).toEqual([]);
  });

  test('the listener knows no calls', () => {
    const wrong = sources
      .filter(({ path }) => /^http\/(listener|connections|connection-limits)\.ts$/.test(path))
      .flatMap(({ imports }) => imports.map(({ target }) => target))
      .filter((target) => !/^(shared\/|http\/connection)/.test(target));
    expect(wrong).toEqual([]);
  });
});

describe('the rules find', () => {
  const rows = allowedImports(
    [
      '<!-- imports: read by this test -->',
      '| folder | what lives there | may import |',
      '|---|---|---|',
      '| low | | nothing |',
      '| high | | low, (middle/one) |',
      '<!-- end of the imports -->',
    ].join('\n'),
  );
  const file = (path: string, ...imports: readonly (readonly [target: string, isType?: true])[]): SourceFile => ({
    path,
    lines: 1,
    imports: imports.map(([target, isType = false]) => ({ target, isType })),
  });

  test.each<[string, readonly SourceFile[]]>([
    ['low/a.ts → high/b.ts', [file('low/a.ts', ['high/b.ts']), file('high/b.ts')]],
    ['low/a.ts → high/b.ts', [file('low/a.ts', ['high/b.ts', true]), file('high/b.ts')]],
    ['high/b.ts → middle/two.ts', [file('high/b.ts', ['middle/two.ts', true])]],
    ['high/b.ts → middle/one.ts', [file('high/b.ts', ['middle/one.ts'])]],
    ['other/c.ts has no row', [file('other/c.ts')]],
  ])('%s', (wrong, files) => {
    expect(wrongImports(files, rows)).toEqual([wrong]);
  });

  test('a table whose rows are not in layers', () => {
    const upward = allowedImports(
      '<!-- imports: -->\n| folder | | may import |\n|---|---|---|\n| low | | high |\n| high | | low |\n<!-- end of the imports -->',
    );
    expect(wrongImports([file('low/a.ts')], upward)).toEqual(['the row of low names high, which is not above it']);
  });

  test('a cycle, over any number of files', () => {
    const files = [file('a/a.ts', ['b/b.ts', true]), file('b/b.ts', ['c/c.ts']), file('c/c.ts', ['a/a.ts'])];
    expect(cyclesIn(files)).toEqual(['a/a.ts → b/b.ts → c/c.ts → a/a.ts']);
    expect(cyclesIn(files.slice(0, 2))).toEqual([]);
  });
});

/** Where each package is at home; nothing else imports it. */
const homes: Readonly<Record<string, readonly string[]>> = {
  express: ['http/', 'sign-in/', 'console/', 'sandbox/'],
  'proxy-addr': ['http/forwarded.ts'],
  soap: ['protocols/soap/wsdl.ts'],
  saxes: ['protocols/document/reader.ts'],
  xmlbuilder2: ['protocols/document/writer.ts', 'shared/indented.ts'],
  'shell-quote': ['doctor/curl-line.ts', 'cli/init.ts'],
  '@clack/prompts': ['cli/ask.ts'],
  'fastest-levenshtein': ['shared/nearest.ts'],
  'har-format': ['doctor/har.ts'],
  '@remix-run/multipart-parser': ['protocols/multipart.ts'],
  axios: ['upstream/transport.ts'],
  'openid-client': ['oauth/'],
  undici: ['upstream/transport.ts'],
  cockatiel: ['upstream/resilience.ts', 'store/store-breaker.ts', 'store/sqlite-database.ts'],
  'lossless-json': ['shared/json.ts'],
  zod: ['config/', 'replay/recording.ts'],
  yaml: ['config/load.ts', 'config/sample.ts', 'config/variables.ts', 'config/yaml-problems.ts'],
  '@photostructure/sqlite': ['store/sqlite-database.ts', 'store/sqlite-patience.ts', 'store/sqlite-reads.ts'],
  pg: ['store/postgres-database.ts'],
  iovalkey: ['store/valkey-rates.ts'],
  eta: ['sign-in/page.ts', 'console/views.ts'],
  'better-sse': ['console/event-stream.ts'],
  'htmx.org': ['console/assets.ts'],
  uplot: ['console/assets.ts'],
  'iconv-lite': ['shared/charset.ts', 'shared/charset-labels.ts'],
  'lru-cache': ['providers/cache.ts', 'store/known-user-ids.ts', 'store/valkey-rates.ts', 'vault/lives.ts'],
  'rate-limiter-flexible': ['shared/rate-limiter.ts', 'store/postgres-attempts.ts', 'store/valkey-rates.ts'],
  pino: ['observability/log.ts'],
  'pino-pretty': ['observability/log.ts'],
  'prom-client': ['observability/metrics.ts'],
  'sonic-boom': ['observability/log.ts'],
  '@opentelemetry/api': ['observability/tracing.ts', 'observability/tracing-otlp.ts'],
  '@opentelemetry/exporter-trace-otlp-http': ['observability/tracing-otlp.ts'],
  '@opentelemetry/resources': ['observability/tracing-otlp.ts'],
  '@opentelemetry/sdk-trace-node': ['observability/tracing-otlp.ts'],
  'fast-xml-parser': ['replay/replies.ts'],
  microdiff: ['replay/replies.ts'],
  'cli-progress': ['cli/progress.ts'],
  commander: ['cli.ts', 'cli/'],
};

describe('packages', () => {
  const used = sources.flatMap(({ path, imports }) =>
    imports.filter(({ target }) => !paths.has(target)).map(({ target: name }) => ({ path, name })),
  );

  test.each(used)('$name may be imported by $path', ({ path, name }) => {
    expect((homes[name] ?? []).some((home) => path.startsWith(home))).toBe(true);
  });

  test('every dependency has a home and every home a dependency', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    // Of some packages there are types alone.
    const types = Object.keys(devDependencies).flatMap((name) => /^@types\/(.+)/.exec(name)?.[1] ?? []);
    const typesAlone = used.map(({ name }) => name).filter((name) => !(name in dependencies) && types.includes(name));
    const needed = [...new Set([...Object.keys(dependencies), ...typesAlone])];
    expect(needed.sort()).toEqual(Object.keys(homes).sort());
    expect([...new Set(used.map(({ name }) => name))].sort()).toEqual(Object.keys(homes).sort());
  });
});

test('argv and the environment are read by the command line alone', () => {
  const readers = sources.filter(({ path }) =>
    /process\.(argv|env)/.test(readFileSync(join(root, 'src', path), 'utf8')),
  );
  expect(readers.map(({ path }) => path).filter((path) => path !== 'cli.ts')).toEqual([]);
});

test('no file is longer than a person reads in one sitting', () => {
  expect(sources.filter(({ lines }) => lines > 220)).toEqual([]);
});
