import { afterAll, beforeAll, beforeEach, expect } from '@jest/globals';
import { isKnown } from '../../../src/core/actions.js';
import type { Call } from '../../../src/core/call.js';
import { Fault } from '../../../src/core/fault.js';
import { rootOf } from '../cases/well-formed.js';
import { exchange, type RawReply } from '../clients/raw.js';
import { type RunningRequestHandler, startRequestHandler } from './request-handler.js';

/** An error reply: HTTP status, and a status word or the code of a SOAP fault. */
export interface ErrorReply {
  readonly http: number;
  readonly status?: string;
  readonly fault?: string;
}

/** A request handler for all tests of a suite, that rejects what it cannot read and performs nothing. */
export interface RejectingHandler {
  readonly url: () => string;
  /** The calls that were dispatched since the test began. */
  readonly calls: () => readonly Call[];
  /** Why calls were refused since the test began, as the log has it. */
  readonly causes: () => readonly string[];
  /** The error reply to a request, which MUST come in time: in the best of ten tries, since other load may delay some. */
  readonly rejection: (request: Buffer) => Promise<ErrorReply>;
}

/** In which a request is rejected, in milliseconds. */
export const MAY_TAKE_MS = 100;

/** Starts it before the tests of a suite, and closes it after them. */
export function rejectingHandler(): RejectingHandler {
  let server: RunningRequestHandler;
  const defects: string[] = [];
  const causes: string[] = [];

  beforeAll(async () => {
    server = await startRequestHandler({
      // As the dispatcher: an unknown action is malformed.
      dispatch: async ({ action }) => {
        if (!isKnown(action))
          throw new Fault('malformed', { explanation: 'unknown action', cause: JSON.stringify(action) });
        return {};
      },
      onLog: (line) => defects.push(line),
      onRefusal: (cause) => causes.push(cause),
    });
  });
  afterAll(() => server.close());
  beforeEach(() => {
    server.calls.length = 0;
    defects.length = 0;
    causes.length = 0;
  });

  return {
    url: () => server.url,
    calls: () => server.calls,
    causes: () => causes,
    rejection: async (request) => {
      let best = Number.POSITIVE_INFINITY;
      let reply: RawReply | undefined;
      for (let n = 0; n < 10 && best >= MAY_TAKE_MS; n++) {
        const start = performance.now();
        const { replies } = await exchange(server.url, request, { replies: 1 });
        best = Math.min(best, performance.now() - start);
        reply = replies.find(({ status }) => status >= 200);
      }
      expect(best).toBeLessThan(MAY_TAKE_MS);
      expect(server.calls.filter(({ action }) => isKnown(action))).toEqual([]);
      expect(defects).toEqual([]);
      return errorReplyIn(reply);
    },
  };
}

/** What an error reply says; it is well-formed and has its length. */
export function errorReplyIn(reply: RawReply | undefined): ErrorReply {
  const document = reply?.body.toString() ?? '';
  const fault = /<(?:faultcode|SOAP-ENV:Value)>SOAP-ENV:(\w+)</.exec(document)?.[1];
  const http = reply?.status ?? 0;
  expect(rootOf(document).local).toBe(fault ? 'Envelope' : 'response');
  expect(reply?.headers.get('content-length')).toBe(`${reply?.body.length}`);
  if (fault) return { http, fault };
  return { http, status: /^<\?[^>]*>\r\n<response><status>(\w+)<\/status><\/response>$/.exec(document)?.[1] ?? '' };
}
