import { expect, test } from '@jest/globals';
import { createMetrics } from '../../src/observability/metrics.js';

test('calls have their turn between the metrics that are read', async () => {
  const metrics = createMetrics({ inFlight: () => 3, lostLines: () => 0 });
  metrics.calls.inc({ protocol: 'rest', provider: 'p', application: 'a', action: 'logout', status: 'logout_ok' });
  let turns = 0;
  let isRead = false;
  const count = () => {
    if (isRead) return;
    turns += 1;
    setImmediate(count);
  };
  setImmediate(count);
  const { text } = await metrics.exposition();
  isRead = true;
  const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  expect(names).toEqual(expect.arrayContaining(['boxbridge_calls_in_flight', 'boxbridge_calls_total']));
  expect(text).toContain('\nboxbridge_calls_in_flight 3\n');
  expect(turns).toBeGreaterThanOrEqual(names.length);
});
