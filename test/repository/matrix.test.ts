import { expect, test } from '@jest/globals';
import { matrixOf } from '../interop/matrix.js';

const actions = ['read', 'write'];
const row = (name: string, ...cells: boolean[]) => ({
  name,
  format: 'XML',
  cells: new Map(cells.map((isDone, index) => [actions[index] ?? '', isDone])),
});
const whole = row('a', true, true);

test('a matrix has what went well, what did not, and why something is not there', () => {
  const why = 'It cannot write';
  const cannot = [{ name: 'c', format: 'XML', why }];
  expect(
    matrixOf([whole, row('b', true, false)], cannot, actions, '')
      .trim()
      .split('\n'),
  ).toEqual([
    '| stack | format | read | write |',
    '| --- | --- | --- | --- |',
    '| a | XML | yes | yes |',
    '| b | XML | yes | no |',
    '| c | XML | –¹ | –¹ |',
    '',
    '¹ It cannot write.',
  ]);
});

test('what a stack cannot read has its reason', () => {
  const unreadable = { why: 'It cannot read' };
  const cannot = [{ name: 'c', format: 'XML', why: 'It cannot write' }];
  expect(
    matrixOf([{ ...row('b', false, true), unreadable }], cannot, actions, '')
      .trim()
      .split('\n')
      .slice(2),
  ).toEqual(['| b | XML | no¹ | yes |', '| c | XML | –² | –² |', '', '¹ It cannot read.', '² It cannot write.']);
});

test('a row that was not tried in full is the one of before', () => {
  const before = matrixOf([whole, row('b', true, false)], [], actions, '');
  expect(matrixOf([row('a'), row('b', false)], [], actions, before)).toBe(before);
  expect(matrixOf([row('new'), row('a', false, true), row('b')], [], actions, before)).toBe(
    before.replace('| yes | yes |', '| no | yes |'),
  );
});
