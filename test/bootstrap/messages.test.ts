import { expect, test } from '@jest/globals';
import { isPrimaryMessage, isWorkerMessage } from '../../src/bootstrap/cluster/messages.js';

const ofWorkers = [
  { listening: 'http://127.0.0.1:1' },
  { failed: 'a reason' },
  { snapshot: [], id: 1 },
  { wantsMetrics: 1 },
  { kept: { summary: {}, detail: '{}' } },
  { counted: {} },
  { breakerOf: 'http://127.0.0.1:1', state: 'half-open' },
  { wantsConfig: true },
  { tookConfig: 1, problem: undefined },
  { tookConfig: 1, problem: 'a reason' },
];
const ofPrimary = [
  { wantsSnapshot: 1 },
  { config: undefined, id: 0 },
  { config: { applications: [] }, id: 1 },
  { exposition: { contentType: 'text/plain', text: '' }, id: 1 },
];
const foreign = [
  undefined,
  null,
  'listening',
  1,
  [],
  {},
  { channel: 'rate_limiter_flexible', event: 'consume' },
  { listening: 1 },
  { failed: {} },
  { snapshot: [] },
  { snapshot: {}, id: 1 },
  { wantsMetrics: '1' },
  { kept: { summary: {} } },
  { kept: { summary: null, detail: '{}' } },
  { counted: 1 },
  { breakerOf: 'http://127.0.0.1:1', state: 'broken' },
  { wantsConfig: false },
  { tookConfig: '1', problem: undefined },
  { tookConfig: 1 },
  { tookConfig: 1, problem: 1 },
  { config: undefined },
  { config: {}, id: 1 },
  { config: null, id: 1 },
  { wantsSnapshot: null },
  { id: 1 },
  { exposition: null, id: 1 },
  { exposition: { contentType: 'text/plain' }, id: 1 },
  { exposition: { contentType: 'text/plain', text: '' } },
];

test.each(ofWorkers)('a message of a worker: %j', (message) => {
  expect([isWorkerMessage(message), isPrimaryMessage(message)]).toEqual([true, false]);
});

test.each(ofPrimary)('a message of the primary: %j', (message) => {
  expect([isWorkerMessage(message), isPrimaryMessage(message)]).toEqual([false, true]);
});

test.each(foreign.map((message) => [message]))('any other message is ignored: %j', (message) => {
  expect([isWorkerMessage(message), isPrimaryMessage(message)]).toEqual([false, false]);
});
