const NodeEnvironment = require('@stryker-mutator/jest-runner/jest-env/node');

/** The mutant that a test found last. */
let found;

/** Jest's environment for mutants: once a test has failed, the other tests are skipped, in the files that follow too. */
module.exports = class FailFastEnvironment extends NodeEnvironment {
  async handleTestEvent({ name, test }, { rootDescribeBlock }) {
    const mutant = process.env.__STRYKER_ACTIVE_MUTANT__;
    if (mutant === undefined) return;
    if (name === 'test_fn_failure' || name === 'hook_failure') found = mutant;
    if (found !== mutant) return;
    if (name === 'run_start') rootDescribeBlock.mode = 'skip';
    if (name === 'test_start') test.mode = 'skip';
  }
};
