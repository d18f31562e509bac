import { relative, resolve } from 'node:path';
import { Stryker } from '@stryker-mutator/core';
import { areas, type Group } from './areas.js';

/**
 * `npm run mutate [AREA [FILE...]]`: changes what is compiled, so that no mutant needs the compiler, and prints by file how
 * many of the changes the tests find. FILE is a part of a name, such as `sqlite`: only the files that have it are changed.
 * Ends with 1 where an area is below its score. Without an area, all of them.
 */
const [area, ...names] = process.argv.slice(2);
const LOWEST_SCORE = 80;
const SOURCES = resolve('dist/src');

type Mutant = Awaited<ReturnType<Stryker['runMutationTest']>>[number];

interface Tally {
  readonly found: number;
  readonly missed: number;
}

for (const name of area === undefined ? Object.keys(areas) : [area]) {
  const groups = areas[name];
  if (!groups) throw new Error(`there is no area ${name}; name one of ${Object.keys(areas).join(', ')}`);
  const tallies = new Map<string, Tally>();
  for (const group of groups) for (const mutant of await mutantsOf(group)) count(mutant, tallies);
  report(name, tallies);
}

function mutantsOf({ files, suites }: Group): Promise<Mutant[]> | readonly Mutant[] {
  const wanted = files.filter((file) => names.length === 0 || names.some((name) => file.includes(name)));
  if (wanted.length === 0) return [];
  const stryker = new Stryker({
    mutate: wanted.map((file) => `dist/src/${file}.js`),
    plugins: ['@stryker-mutator/jest-runner'],
    testRunner: 'jest',
    testRunnerNodeArgs: ['--experimental-vm-modules'],
    jest: {
      configFile: 'jest.config.js',
      config: {
        testMatch: suites.map((suite) => `**/dist/test/${suite}.test.js`),
        testSequencer: resolve('test/mutation/listed-order.cjs'),
        testEnvironment: resolve('test/mutation/fail-fast.cjs'),
      },
      // It looks for imports below `roots`, which are the tests alone.
      enableFindRelatedTests: false,
    },
    coverageAnalysis: 'perTest',
    ignoreStatic: true,
    disableTypeChecks: false,
    concurrency: 1,
    timeoutMS: 10_000,
    // What a mutant leaves behind gathers in the process: 2 GB after a hundred.
    maxTestRunnerReuse: 60,
    dryRunTimeoutMinutes: 10,
    // Without tsconfig.json, which Stryker 9 would rewrite by an interface that TypeScript 7 no longer has.
    ignorePatterns: [
      ...['/*', '!/package.json', '!/jest.config.js', '!/wsdl', '!/dist', '/dist/*', '!/dist/src', '!/dist/test'],
      ...['!/test', '/test/*', '!/test/fixtures'],
    ],
    // Below dist, which git ignores.
    tempDirName: 'dist/mutation',
    reporters: ['clear-text', 'progress-append-only'],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportScoreTable: false },
  });
  return stryker.runMutationTest();
}

/** A mutant of what runs when its module is loaded is ignored: each test alone would need the module anew. */
function count({ fileName, status }: Mutant, tallies: Map<string, Tally>): void {
  const isFound = status === 'Killed' || status === 'Timeout';
  if (!isFound && status !== 'Survived' && status !== 'NoCoverage') return;
  const { found, missed } = tallies.get(fileName) ?? { found: 0, missed: 0 };
  tallies.set(fileName, { found: found + Number(isFound), missed: missed + Number(!isFound) });
}

function report(name: string, tallies: ReadonlyMap<string, Tally>): void {
  const all = [...tallies.values()].reduce(
    (sum, { found, missed }) => ({ found: sum.found + found, missed: sum.missed + missed }),
    { found: 0, missed: 0 },
  );
  const rows = [...tallies].map(([file, tally]) => [relative(SOURCES, file), withScore(tally)] as const);
  console.table(Object.fromEntries([...rows, [name, withScore(all)]]));
  if (scoreOf(all) < LOWEST_SCORE) process.exitCode = 1;
}

function withScore(tally: Tally) {
  return { ...tally, '%': Math.round(scoreOf(tally)) };
}

function scoreOf({ found, missed }: Tally): number {
  return (100 * found) / (found + missed);
}
