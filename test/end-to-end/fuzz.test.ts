import { expect, test } from '@jest/globals';
import { seed } from '../support/cases/properties.js';
import { fuzz } from '../support/clients/fuzz.js';

/** It is long, not slow: a busy machine takes several times as long. */
const TIMEOUT_MS = 180_000;

test(
  'no fuzzed request crashes or hangs the bridge, or is answered in another format than its own',
  async () => {
    const { findings, replies } = await fuzz({ inputs: 3000, seed });
    expect({ seed, findings }).toEqual({ seed, findings: [] });
    expect(replies).toBeGreaterThan(2500);
  },
  TIMEOUT_MS,
);
