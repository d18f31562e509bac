import { describe, expect, test } from '@jest/globals';
import { type CountedOutage, callerOf, createOutageCount } from '../../src/upstream/outage-count.js';

const MINUTE = 60_000;

/** A count by a clock that stands still until told. */
function countAt() {
  let now = 0;
  const count = createOutageCount(() => now);
  const add = (times: number, kind: CountedOutage['kind'], callerOfEach: (n: number) => number | undefined) => {
    for (let n = 0; n < times; n += 1) count.add({ kind, caller: callerOfEach(n) });
    return count.isFull();
  };
  const wait = (ms: number) => {
    now += ms;
  };
  return { ...count, fill: add, wait };
}

const replies = (caller?: number): CountedOutage => ({ kind: 'reply', caller });

test('equal credentials are one caller, and no credential is none', () => {
  expect(callerOf('token')).toBe(callerOf(['to', 'ken'].join('')));
  expect(callerOf('token')).not.toBe(callerOf('tokens'));
  expect(callerOf(undefined)).toBeUndefined();
});

describe('it takes twenty outages', () => {
  test.each<[string, number, CountedOutage['kind'], (n: number) => number | undefined, boolean]>([
    ['nineteen callers', 19, 'reply', (n) => n, false],
    ['twenty callers', 20, 'reply', (n) => n, true],
    ['one caller, whom the API tells of an outage', 1000, 'reply', () => 1, false],
    ['nobody in particular', 20, 'reply', () => undefined, true],
    ['one caller, who does not reach the API', 20, 'unreached', () => 1, true],
    ['one caller, to whom the API says nothing', 20, 'silent', () => 1, true],
  ])('%s', (_who, times, kind, caller, isFull) => {
    expect(countAt().fill(times, kind, caller)).toBe(isFull);
  });

  test('within a minute, and of one caller one in a minute', () => {
    const { fill, wait, add } = countAt();
    expect(fill(19, 'reply', (n) => n)).toBe(false);
    expect(add(replies(1))).toBe(false);
    wait(MINUTE);
    expect(add(replies(1))).toBe(true);
    expect(fill(18, 'unreached', () => 1)).toBe(false);
    expect(fill(1, 'unreached', () => 1)).toBe(true);
  });

  test('without a success among them', () => {
    const { fill, clear, isFull } = countAt();
    fill(19, 'reply', (n) => n);
    clear();
    expect(fill(19, 'reply', (n) => n)).toBe(false);
    expect(fill(20, 'reply', (n) => n)).toBe(true);
    clear();
    expect(isFull()).toBe(false);
  });
});

describe('while others are served', () => {
  test.each(['reply', 'silent'] as const)('a stranger counts for nothing: %s', (kind) => {
    const { fill, serve, wait } = countAt();
    serve(1);
    expect(fill(1000, kind, (n) => n + 2)).toBe(false);
    wait(9999);
    expect(fill(1000, kind, (n) => n + 2)).toBe(false);
    wait(1);
    expect(fill(20, kind, (n) => n + 2)).toBe(true);
  });

  test('who was served counts once, and is a stranger from then on', () => {
    const { fill, serve, add, isServed } = countAt();
    for (let caller = 0; caller < 20; caller += 1) serve(caller);
    expect(fill(100, 'silent', () => 0)).toBe(false);
    expect([isServed(0), isServed(1)]).toEqual([false, true]);
    expect(add(replies(1))).toBe(true);
    expect(fill(18, 'reply', (n) => n + 2)).toBe(true);
  });

  test('an API that is not reached counts whoever asked', () => {
    const { fill, serve } = countAt();
    serve(1);
    expect(fill(20, 'unreached', (n) => n + 2)).toBe(true);
  });

  test('until all is forgotten', () => {
    const { fill, serve, clear } = countAt();
    serve(1);
    clear('all');
    expect(fill(20, 'reply', (n) => n + 2)).toBe(true);
  });
});

test('of those who were served the last ten thousand are remembered, and no more than twice as many', () => {
  const { serve, isServed } = countAt();
  const callers = Array.from({ length: 100_000 }, (_, n) => n);
  for (const caller of callers) serve(caller);
  const remembered = callers.filter(isServed);
  expect(remembered.slice(-10_000)).toEqual(callers.slice(-10_000));
  expect(remembered.length).toBeLessThanOrEqual(20_000);
});
