/** The tests run as compiled by tsc: dist/test is what jest sees. @type {import('jest').Config} */
export default {
  rootDir: '.',
  roots: ['<rootDir>/dist/test'],
  testMatch: ['**/*.test.js'],
  transform: {},
  testEnvironment: '<rootDir>/dist/test/support/jest/no-leaks.js',
  // Long rounds: test/support/rounds.ts.
  testTimeout: process.env.ROUNDS === 'long' ? 300_000 : 60_000,
  testSequencer: '<rootDir>/dist/test/support/jest/longest-first.js',
  reporters: ['default', '<rootDir>/dist/test/support/jest/skipped.js'],
  // Much of the time is waiting, for an API that is silent or a process that starts: four suites keep two cores busy.
  maxWorkers: 4,
  // A worker with nothing left open takes its heap apart, on a busy machine for seconds; after this, something is open.
  workerGracefulExitTimeout: 10_000,
};
