import { expect, test } from '@jest/globals';
import { skippedIn } from '../support/jest/skipped.js';

const result = (status: string, ancestorTitles: readonly string[], title = 'a test') => ({
  status,
  ancestorTitles,
  title,
});

test('what was skipped is listed once for each group, with its title, which has the reason', () => {
  const reason = 'PHP needs php (Debian: php-cli)';
  const results = {
    testResults: [
      {
        testFilePath: '/project/dist/test/interop/interop.test.js',
        testResults: [
          result('pending', [reason, 'SOAP 1.1']),
          result('pending', [reason]),
          result('passed', ['curl']),
          result('pending', [], 'alone'),
        ],
      },
      { testFilePath: '/project/dist/test/http/routes.test.js', testResults: [result('passed', [])] },
    ],
  };
  expect(skippedIn(results, '/project')).toEqual([
    `  interop/interop: ${reason}, 2 tests`,
    '  interop/interop: alone, 1 test',
  ]);
});

test('where nothing was skipped, nothing is listed', () => {
  expect(skippedIn({ testResults: [] }, '/project')).toEqual([]);
});
