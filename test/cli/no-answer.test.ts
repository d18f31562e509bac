import { expect, test } from '@jest/globals';
import { whyNoAnswer } from '../../src/cli/no-answer.js';
import { afterwards } from '../support/cleanup.js';
import { runCommand } from '../support/command.js';
import { startUpstream } from '../support/servers/upstream.js';

test('a bridge that hangs is told from one that is not there', async () => {
  const hanging = await startUpstream(() => {});
  afterwards(hanging.close);
  const { port } = new URL(hanging.url);
  const advice = 'start the bridge, or name its --config or --port';
  expect(await runCommand({ cwd: '.' }, ['health', '--port', port])).toMatchObject({
    code: 1,
    stderr: `boxbridge: ${hanging.url}/healthz does not answer (nothing in 2 seconds); ${advice}\n`,
  });
});

test('an error has its code, else its message', () => {
  expect(whyNoAnswer(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), 1000)).toBe('ECONNREFUSED');
  expect(whyNoAnswer(new Error('a wrong reply'), 1000)).toBe('a wrong reply');
});
