import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../..', import.meta.url));

interface SourceFile {
  /** Relative to the root of the project. */
  readonly path: string;
  readonly lines: number;
  /** Own files relative to the root of the project, with `.ts`; packages by name; modules of Node left out. */
  readonly imports: readonly string[];
}

function sourcesIn(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const path = join(folder, name);
      const text = readFileSync(join(root, path), 'utf8');
      const names = [...text.matchAll(/(?:^import|^} from|^export .* from|import\()\s*(?:.*?from )?'([^']+)'/gm)];
      const imports = names.flatMap(([, specifier = '']) => (isBuiltin(specifier) ? [] : target(path, specifier)));
      return { path, lines: text.split('\n').length, imports };
    });
}

function target(from: string, specifier: string): string {
  if (specifier.startsWith('.')) {
    return relative(root, resolve(root, dirname(from), specifier)).replace(/\.js$/, '.ts');
  }
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

const sources = sourcesIn('src');

/** Where each package is at home; nothing else imports it. */
const homes: Readonly<Record<string, readonly string[]>> = {
  express: [
    'src/http/routes.ts',
    'src/http/health.ts',
    'src/http/request.ts',
    'src/http/forwarded.ts',
    'src/sign-in/routes.ts',
    'src/sandbox/',
  ],
  soap: ['src/protocols/soap/wsdl.ts'],
  saxes: ['src/protocols/document/validator.ts'],
  'fast-xml-parser': ['src/protocols/document/reader.ts'],
  xmlbuilder2: ['src/protocols/document/reader.ts'],
  '@remix-run/multipart-parser': ['src/protocols/multipart.ts'],
  axios: ['src/upstream/transport.ts'],
  undici: ['src/upstream/transport.ts'],
  cockatiel: ['src/upstream/resilience.ts'],
  'lossless-json': ['src/shared/json.ts'],
  zod: ['src/config/schema.ts', 'src/config/validators.ts'],
  yaml: ['src/config/load.ts', 'src/config/yaml-problems.ts'],
  '@photostructure/sqlite': ['src/store/sqlite-database.ts'],
  pg: ['src/store/postgres-database.ts'],
  eta: ['src/sign-in/page.ts'],
  'iconv-lite': ['src/shared/charset.ts'],
  'lru-cache': ['src/providers/cache.ts'],
  'rate-limiter-flexible': ['src/shared/rate-limiter.ts', 'src/store/attempts.ts'],
  pino: ['src/observability/log.ts'],
  'prom-client': ['src/observability/metrics.ts'],
  '@opentelemetry/api': ['src/observability/tracing.ts'],
  '@opentelemetry/exporter-trace-otlp-http': ['src/observability/tracing-otlp.ts'],
  '@opentelemetry/resources': ['src/observability/tracing-otlp.ts'],
  '@opentelemetry/sdk-trace-node': ['src/observability/tracing-otlp.ts'],
  commander: ['src/cli.ts', 'src/cli/store.ts', 'src/cli/tokens.ts'],
};

describe('packages', () => {
  const used = sources.flatMap(({ path, imports }) =>
    imports.filter((name) => !name.startsWith('src/')).map((name) => ({ path, name })),
  );

  test.each(used)('$name may be imported by $path', ({ path, name }) => {
    expect((homes[name] ?? []).some((home) => path.startsWith(home))).toBe(true);
  });

  test('every dependency has a home and every home a dependency', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(Object.keys(dependencies).sort()).toEqual(Object.keys(homes).sort());
    expect([...new Set(used.map(({ name }) => name))].sort()).toEqual(Object.keys(homes).sort());
  });
});

/** What lies in one layer may not know what lies in another. */
const strangers: readonly (readonly [layer: RegExp, mayNotImport: RegExp, why: string])[] = [
  [
    /^src\/protocols\//,
    /^src\/(providers|store|sandbox|bridge|http|upstream|config|vault|bootstrap)/,
    'protocols know no provider',
  ],
  [
    /^src\/providers\//,
    /^src\/(protocols|store|sandbox|bridge|core\/(call|actions)|http|config|bootstrap)/,
    'providers know no Box',
  ],
  [
    /^src\/providers\/(?!index|load|sdk)/,
    /^src\/providers\/(?!provider\.ts|common\.ts)/,
    'providers know no other provider',
  ],
  [
    /^src\/bridge\/dispatcher\.ts/,
    /^src\/(protocols|providers\/(?!provider\.ts))/,
    'the bridge knows no format or API by name',
  ],
  [/^src\/store\//, /^src\/(?!store|core\/fault|shared)/, 'the store knows accounts by their keys alone'],
  [/^src\/core\//, /^src\/(?!core)/, 'the middle knows no side'],
  [
    /^src\/(sign-in|vault)\//,
    /^src\/(protocols|providers|sandbox|bridge\/(?!admission)|config)/,
    'signing in knows no format or API',
  ],
  [/^src\/upstream\//, /^src\/(?!upstream|core\/fault|shared)/, 'the way to the modern APIs knows none of them'],
  [/^src\/sandbox\//, /^src\/(?!sandbox|http\/listener)/, 'the sandbox stands for servers elsewhere'],
  [/^src\/(?!cli\.ts)/, /^src\/cli\.ts/, 'the command line is the outermost'],
];

test.each(strangers)('%s does not import %s: %s', (layer, forbidden) => {
  const wrong = sources
    .filter(({ path }) => layer.test(path))
    .flatMap(({ path, imports }) => imports.filter((name) => forbidden.test(name)).map((name) => `${path} → ${name}`));
  expect(wrong).toEqual([]);
});

test('the layers that the rules speak of exist', () => {
  for (const [layer] of strangers) expect(sources.some(({ path }) => layer.test(path))).toBe(true);
});

test('argv and the environment are read by the command line alone', () => {
  const readers = sources.filter(({ path }) => /process\.(argv|env)/.test(readFileSync(join(root, path), 'utf8')));
  expect(readers.map(({ path }) => path).filter((path) => path !== 'src/cli.ts')).toEqual([]);
});

test('no file is longer than a person reads in one sitting', () => {
  expect(sources.filter(({ lines }) => lines > 220)).toEqual([]);
});
