import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { createProgress } from '../../src/cli/progress.js';

test('elsewhere than on a terminal there is a line, no more than one in five seconds', () => {
  const output = new PassThrough();
  let now = 0;
  const { advance, stop } = createProgress('replay', 200, output, () => now);
  for (now = 0; now < 12_000; now += 1000) advance(10);
  stop();
  expect(String(output.read())).toBe('replay: 30 %\nreplay: 55 %\n');
});

test('on a terminal there is a bar', () => {
  const output = Object.assign(new PassThrough(), { isTTY: true });
  const { advance, stop } = createProgress('replay', 200, output);
  advance(100);
  stop();
  expect(String(output.read())).toMatch(/replay \S+ 50 %/);
});
