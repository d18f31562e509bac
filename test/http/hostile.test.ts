import { expect, test } from '@jest/globals';
import { wireBytes, wireCases, wireFile } from '../support/cases/wire.js';
import { rejectingHandler } from '../support/servers/rejecting-handler.js';

/** The hostile requests of the wire folders: each is rejected at once, in the format of its caller. */

const handler = rejectingHandler();

test.each(wireCases('hostile', 'request.http', 'reply.json'))('%s', async (example) => {
  const { cause, ...wanted } = JSON.parse(wireFile(`hostile/${example}/reply.json`));
  expect(await handler.rejection(wireBytes(`hostile/${example}/request.http`))).toEqual(wanted);
  expect(handler.causes()).toContain(cause);
});
