import { describe, expect, test } from '@jest/globals';
import type { Call } from '../../src/core/call.js';
import {
  faultOfCall,
  httpErrors,
  httpStatusOf,
  isServerFault,
  pageStatusOf,
  retryAfterOf,
  statusWord,
  toErrorAnswer,
  toSuccessAnswer,
} from '../../src/core/error-mapping.js';
import { Fault, type Reason } from '../../src/core/fault.js';

test.each<[Reason, status: string, http: number, page: number, isServerFault: boolean, retryAfter: number | undefined]>(
  [
    ['malformed', 'wrong_input', 200, 400, false, undefined],
    ['restricted', 'application_restricted', 200, 500, false, undefined],
    ['unauthenticated', 'not_logged_in', 200, 500, false, undefined],
    ['missing', 'account_not_found', 200, 404, false, undefined],
    ['invalid', 'e_odd', 200, 500, false, undefined],
    ['conflict', 'email_already_registered', 200, 200, false, undefined],
    ['unavailable', 'service_unavailable', 503, 503, true, 10],
    ['internal', 'internal_error', 500, 500, true, undefined],
  ],
)('%s is told as %s', (reason, status, http, page, isServer, retryAfter) => {
  const answer = { action: undefined, status, reason, result: {} };
  expect(toErrorAnswer(new Fault(reason), 'odd')).toEqual(
    retryAfter === undefined ? answer : { ...answer, retryAfter },
  );
  expect(httpStatusOf({ reason })).toBe(http);
  expect(pageStatusOf({ reason, http: undefined })).toBe(page);
  expect(isServerFault(reason)).toBe(isServer);
  expect(retryAfterOf({ reason, retryAfter: undefined })).toBe(retryAfter);
  // A retry that is pointless stays so.
  expect(retryAfterOf({ reason, retryAfter: 7 })).toBe(retryAfter === undefined ? undefined : 7);
  expect(httpStatusOf({ reason, http: httpErrors.tooManyRequests })).toBe(429);
  expect(pageStatusOf({ reason, http: httpErrors.badRequest })).toBe(400);
});

test('success is the word of the action, HTTP 200 and no fault', () => {
  const answer = toSuccessAnswer('odd', { a: 'b' });
  expect(answer).toEqual({ action: 'odd', status: 'odd_ok', result: { a: 'b' } });
  expect(httpStatusOf(answer)).toBe(200);
  expect(isServerFault(undefined)).toBe(false);
});

test.each<[action: string, reason: Reason | undefined, about: 'email' | undefined, word: string]>([
  ['authorization', undefined, undefined, 'logged'],
  ['authorization', 'unauthenticated', undefined, 'invalid_login'],
  ['authorization', 'malformed', undefined, 'wrong_input'],
  ['get_auth_token', 'missing', undefined, 'get_auth_token_error'],
  ['update_account', 'invalid', undefined, 'e_update_account'],
  ['update_account', 'invalid', 'email', 'email_invalid'],
  ['update_account', 'conflict', 'email', 'email_already_registered'],
  ['toString', undefined, undefined, 'toString_ok'],
])('%s, %s, about %s: %s', (action, reason, about, word) => {
  expect(statusWord(action, reason, about)).toBe(word);
});

describe('an error answer', () => {
  test('has what the fault says', () => {
    const detail = {
      http: 429,
      explanation: 'too many',
      retryAfter: 7,
      upstreamMessage: 'no',
      about: 'email',
    } as const;
    expect(toErrorAnswer(new Fault('unavailable', detail), 'update_account')).toEqual({
      action: 'update_account',
      status: 'service_unavailable',
      reason: 'unavailable',
      http: 429,
      explanation: 'too many',
      retryAfter: 7,
      result: {},
    });
  });

  test('has no action where none was decoded', () => {
    expect(toErrorAnswer(new Fault('malformed')).action).toBeUndefined();
    expect(toErrorAnswer(new Fault('invalid')).status).toBe('e_');
  });

  test.each<[Reason, action: string, result: object]>([
    ['invalid', 'update_account', { message: 'no' }],
    ['conflict', 'create_account', { message: 'no' }],
    ['invalid', 'get_account_info', {}],
    ['missing', 'update_account', {}],
  ])('%s of %s has the message in %j', (reason, action, result) => {
    expect(toErrorAnswer(new Fault(reason, { upstreamMessage: 'no' }), action).result).toEqual(result);
    const silent = 'message' in result ? { message: null } : {};
    expect(toErrorAnswer(new Fault(reason), action).result).toEqual(silent);
  });
});

describe('a fault of a call', () => {
  const call = (action: string, parameters: Record<string, readonly string[]>): Call => ({
    action,
    parameters: new Map(Object.entries(parameters)),
  });
  const detail = {
    about: 'email',
    explanation: 'too long',
    upstreamMessage: 'longer than 40',
    http: 429,
    retryAfter: 7,
    cause: 'why',
  } as const;
  const told = (reason: Reason, of: Call, secrets: readonly string[] = []) => {
    const { cause, ...fault } = faultOfCall(new Fault(reason, detail), of, secrets);
    return { ...fault, cause };
  };

  test.each<[what: string, Call, isOfEmail: boolean]>([
    ['sets the e-mail', call('update_account', { email: ['a@b.c'] }), true],
    ['sets it among empty ones', call('create_account', { email: ['', 'a@b.c'] }), true],
    ['leaves it empty', call('update_account', { email: [''] }), false],
    ['has none', call('update_account', { name: ['a'] }), false],
    ['takes none', call('get_account_info', { email: ['a@b.c'] }), false],
  ])('that %s', (_what, of, isOfEmail) => {
    const about = isOfEmail ? 'email' : undefined;
    expect(told('conflict', of)).toMatchObject({ ...detail, about, reason: isOfEmail ? 'conflict' : 'invalid' });
    expect(told('missing', of)).toMatchObject({ ...detail, about, reason: 'missing' });
  });

  test('keeps no text that repeats a secret', () => {
    const of = call('update_account', {});
    expect(told('invalid', of, ['too long'])).toMatchObject({
      explanation: undefined,
      upstreamMessage: 'longer than 40',
    });
    expect(told('invalid', of, ['longer than 40'])).toMatchObject({
      explanation: 'too long',
      upstreamMessage: undefined,
    });
    const nothing = faultOfCall(new Fault('invalid'), of, ['too long']);
    expect([nothing.explanation, nothing.upstreamMessage]).toEqual([undefined, undefined]);
  });
});
