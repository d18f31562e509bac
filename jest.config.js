/** The tests run as compiled by tsc: dist/test is what jest sees. @type {import('jest').Config} */
export default {
  rootDir: '.',
  roots: ['<rootDir>/dist/test'],
  testMatch: ['**/*.test.js'],
  transform: {},
  testTimeout: 30_000,
  // Much of the time is that of processes that start; Jest leaves one of two cores idle of itself.
  maxWorkers: 2,
};
