import { expect, test } from '@jest/globals';
import { createLastUses } from '../../src/vault/last-uses.js';

test('many uses are written in few milliseconds each, with a turn for all else between, and once', async () => {
  const seen: unknown[] = [];
  const { note, write } = createLastUses({
    touchSessions: async (uses) => {
      seen.push([uses[0]?.[0], uses.length]);
      setImmediate(() => seen.push('a turn'));
    },
  });
  for (let n = 0; n < 1200; n += 1) note(`${n}`, n);
  const written = write();
  expect(seen).toEqual([['0', 500]]);
  await written;
  expect(seen).toEqual([['0', 500], 'a turn', ['500', 500], 'a turn', ['1000', 200]]);
  await write();
  expect(seen).toHaveLength(5);
});
