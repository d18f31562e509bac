import { expect, test } from '@jest/globals';
import { fuzz } from '../support/clients/fuzz.js';

test('no fuzzed request crashes or hangs the bridge, or is answered in another format than its own', async () => {
  const seed = Date.now() % 2 ** 31;
  const { findings, replies } = await fuzz({ inputs: 3000, seed });
  expect({ seed, findings }).toEqual({ seed, findings: [] });
  expect(replies).toBeGreaterThan(2500);
});
