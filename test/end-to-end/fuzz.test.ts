import { expect, test } from '@jest/globals';
import { seed } from '../support/cases/properties.js';
import { rootOf } from '../support/cases/well-formed.js';
import { fuzz } from '../support/clients/fuzz.js';
import { rounds } from '../support/rounds.js';

/** It is long, not slow: a busy machine takes several times as long. */
const TIMEOUT_MS = 180_000;

test(
  'no fuzzed request crashes or hangs the bridge, or is answered in another format than its own',
  async () => {
    const inputs = rounds(600, 3000);
    const { findings, replies } = await fuzz({ inputs, seed });
    expect({ seed, findings }).toEqual({ seed, findings: [] });
    expect(replies).toBeGreaterThan((inputs * 5) / 6);
  },
  TIMEOUT_MS,
);

test.each<[string, string | Uint8Array]>([
  ['a second root', '<response/><response/>'],
  ['an entity that nothing declares', '<response>&nbsp;</response>'],
  ['a prefix that nothing declares', '<e:Envelope/>'],
  ['a character that XML has no way to write', '<response>&#1;</response>'],
  // The parser that reads the calls takes these three of itself.
  ['an instruction without white space', '<response><?target?data?></response>'],
  ['a local part that starts with a hyphen', '<a:-b xmlns:a="urn:x"/>'],
  ['half a character', Buffer.from([...Buffer.from('<response>'), 0xc3, ...Buffer.from('</response>')])],
])('the judge of its replies finds %s', (_what, document) => {
  expect(() => rootOf(document)).toThrow();
});
