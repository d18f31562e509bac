/**
 * `npm run mutate`: what is compiled is mutated, so that no mutant needs the compiler. A part of it:
 * `npm run mutate -- --mutate 'dist/src/vault/*.js' --testFiles 'dist/test/vault/*.test.js'`.
 */
const given = process.argv.indexOf('--testFiles');
/**
 * Jest loads every file that it finds for every mutant, whichever tests are about that: `--testFiles` alone would reach the
 * dry run only. Unless it is given, those that come near the code below, and that no other load disturbs.
 */
const testMatch =
  given < 0
    ? ['**/test/{core,protocols,store,vault}/**/*.test.js', '**/test/bridge/pipeline.test.js']
    : (process.argv[given + 1] ?? '').split(',').map((pattern) => `**/${pattern}`);

export default {
  mutate: [
    'dist/src/core/error-mapping.js',
    'dist/src/protocols/**/*.js',
    'dist/src/store/**/*.js',
    'dist/src/vault/**/*.js',
  ],
  plugins: ['@stryker-mutator/jest-runner'],
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules'],
  jest: {
    configFile: 'jest.config.js',
    config: { testMatch },
    // It looks for imports below `roots`, which are the tests alone.
    enableFindRelatedTests: false,
  },
  coverageAnalysis: 'perTest',
  ignoreStatic: true,
  disableTypeChecks: false,
  concurrency: 1,
  timeoutMS: 5000,
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
  incremental: true,
  incrementalFile: 'dist/mutation.json',
  reporters: ['clear-text', 'progress-append-only'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  thresholds: { high: 90, low: 80, break: 80 },
};
