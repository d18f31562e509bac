import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { PROGRAM_TIMEOUT_MS, root, runProgram } from './programs.js';

test(
  'no file, export or dependency is unused',
  async () => {
    const flags = ['--no-progress', '--treat-config-hints-as-errors'];
    const report = await runProgram(join(root, 'node_modules/knip/package.json'), flags, root);
    expect(report).toEqual({ stdout: '', stderr: '' });
  },
  PROGRAM_TIMEOUT_MS,
);
