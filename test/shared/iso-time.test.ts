import { expect, test } from '@jest/globals';
import { timeIn } from '../../src/shared/iso-time.js';

test.each([
  ['2026-12-31', Date.UTC(2026, 11, 31)],
  ['2024-02-29', Date.UTC(2024, 1, 29)],
  ['2026-12-31T12:00Z', Date.UTC(2026, 11, 31, 12)],
  ['2026-12-31T12:00:30Z', Date.UTC(2026, 11, 31, 12, 0, 30)],
  ['2026-12-31T23:30:00-01:30', Date.UTC(2027, 0, 1, 1)],
  ['2026-12-31T00:30+05:45', Date.UTC(2026, 11, 30, 18, 45)],
])('%s is a time', (text, time) => {
  expect(timeIn(text)).toBe(time);
});

test.each([
  '',
  'now',
  '2026',
  '2026-12',
  '2026-02-29',
  '2026-13-01',
  '2026-12-31T12:00',
  '2026-12-31 12:00Z',
  '2026-12-31T24:00Z',
  '2026-12-31T12:60Z',
  '2026-12-31T12:00+24:00',
  '2026-12-31Z',
  ' 2026-12-31',
  '2026-12-31\n',
])('%j is none', (text) => {
  expect(timeIn(text)).toBeUndefined();
});
