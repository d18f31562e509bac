import { afterEach, expect, test } from '@jest/globals';
import { type Reason, toFault } from '../../../src/core/fault.js';
import type { Account, Provider, ProviderKind } from '../../../src/providers/provider.js';
import type { SettingValues } from '../../../src/shared/setting.js';
import { createUpstreams } from '../../../src/upstream/client.js';
import { type CannedReply, canned, startUpstream, type Upstream } from '../servers/upstream.js';

export interface ProviderMember {
  readonly kind: ProviderKind;
  /** The values of the settings that it declares; none unless given. */
  readonly settings?: SettingValues;
  /** The credential of a test account, in printable ASCII. */
  readonly credential: string;
  /** The path of the one request that reads the account. */
  readonly readPath: string;
  /** The reply of the modern API to it. */
  readonly reply: unknown;
  /** The account that the reply is mapped to; `attributes` aside, which is the reply unchanged. */
  readonly account: Omit<Account, 'attributes'>;
  /** Where the API has a login: the path of its one request, the reply that gives `credential`, and one that refuses. */
  readonly login?: {
    readonly path: string;
    readonly reply: unknown;
    readonly refusal: { readonly status: number; readonly body: unknown };
  };
  /** The body of a reply that refuses, in the shape of the modern API; an empty object unless given. */
  readonly refusal?: unknown;
}

/** Reads an account and gives the outcome: the account, or the reason of the fault. */
export async function readOrReason(provider: Provider, credential: string): Promise<Account | Reason> {
  return provider.readAccount(credential).catch((error: unknown) => toFault(error).reason);
}

const PASSWORD = 'wr0ng-pass-word';

/** For a request that is answered, even on a busy machine; and for one that is not. */
const TIMEOUT_MS = 5000;
const SILENCE_TIMEOUT_MS = 300;

/** The rules of the interface Provider, run for every member. */
export function providerSuite(member: ProviderMember): void {
  const { kind, settings = {}, credential, readPath, reply, account, login, refusal = {} } = member;
  let upstream: Upstream;
  afterEach(() => upstream.close());

  const answering = async (replies: Readonly<Record<string, CannedReply>>) => {
    upstream = await startUpstream(canned(replies, refusal));
    return connected(upstream.url);
  };
  const connected = (baseUrl: string, timeoutMs = TIMEOUT_MS) =>
    kind.connect({
      baseUrl,
      settings,
      send: createUpstreams({ timeoutMs }).sendFor({ baseUrl, isRefusal: kind.isRefusal, refusals: kind.refusals }),
    });

  test('has a login where its member has one', async () => {
    expect((await answering({})).login !== undefined).toBe(login !== undefined);
  });

  if (login) {
    const { path } = login;
    /** Logs in and gives the outcome: the credential, or the reason of the fault, and how often it was asked. */
    const logIn = async (answer: CannedReply) => {
      const provider = await answering({ [path]: answer });
      const outcome = await provider.login?.('ada@example.com', PASSWORD).catch((error: unknown) => {
        const fault = toFault(error);
        expect(JSON.stringify([fault, fault.message, String(fault.cause)])).not.toContain(PASSWORD);
        return fault.reason;
      });
      return [outcome, upstream.received.length];
    };

    test('gives the credential for a name and a password', async () => {
      expect(await logIn({ body: login.reply })).toEqual([credential, 1]);
      const [{ path: asked = '', headers = {}, body = '' } = {}] = upstream.received;
      expect(asked).toBe(path);
      expect(body).toContain('ada');
      expect([asked, ...Object.values(headers)].join(' ')).not.toContain(PASSWORD);
    });

    test('takes a wrong password for what it is', async () => {
      expect(await logIn(login.refusal)).toEqual(['unauthenticated', 1]);
    });

    test.each(
      [400, 401, 403, 404, 409, 422].flatMap((status) =>
        ['<html><body>nginx</body></html>', '404 page not found', ''].map((body) => [status, body] as const),
      ),
    )('takes %i with %j to a login for an outage, and sends it once', async (status, body) => {
      expect(await logIn({ status, body })).toEqual(['unavailable', 1]);
    });

    test.each([429, 500, 502, 503])('takes %i to a login for an outage, and sends it once', async (status) => {
      expect(await logIn({ status, body: refusal })).toEqual(['unavailable', 1]);
    });

    test.each(['', '<html>', '{}', '[]', '{"token":null}'])('takes 200 with %j for an outage', async (body) => {
      expect(await logIn({ body })).toEqual(['unavailable', 1]);
    });
  }

  test('reads the account', async () => {
    const provider = await answering({ [readPath]: { body: reply } });
    expect(await provider.readAccount(credential)).toMatchObject(account);
  });

  test.each<[number, Reason]>([
    [302, 'unavailable'],
    [400, 'unavailable'],
    [401, 'unauthenticated'],
    [402, 'unavailable'],
    [403, 'restricted'],
    [404, 'missing'],
    [405, 'restricted'],
    [409, 'unavailable'],
    [410, 'restricted'],
    [418, 'unavailable'],
    [422, 'unavailable'],
    [429, 'unavailable'],
    [500, 'unavailable'],
    [501, 'restricted'],
    [502, 'unavailable'],
    [503, 'unavailable'],
  ])('takes %i for %s', async (status, reason) => {
    const headers = { Location: '/elsewhere' };
    const provider = await answering({ [readPath]: { status, headers, body: refusal }, '/elsewhere': { body: reply } });
    expect(await readOrReason(provider, credential)).toBe(reason);
  });

  test.each(
    [400, 401, 403, 404, 409].flatMap((status) =>
      ['<html><body>nginx</body></html>', '404 page not found', ''].map((body) => [status, body] as const),
    ),
  )('takes %i with %j for an outage: the API did not say it', async (status, body) => {
    const provider = await answering({ [readPath]: { status, body } });
    expect(await readOrReason(provider, credential)).toBe('unavailable');
  });

  test('passes on when to try again', async () => {
    const provider = await answering({ [readPath]: { status: 429, headers: { 'Retry-After': '7' } } });
    const fault = await provider.readAccount(credential).then(() => undefined, toFault);
    expect(fault).toMatchObject({ reason: 'unavailable', retryAfter: 7 });
  });

  test.each<[string, unknown]>([
    ['HTML', '<!DOCTYPE html><title>Maintenance</title>'],
    ['half a JSON', '{"id":'],
    ['an array', []],
    ['null', 'null'],
    ['nothing', ''],
    ['an object that is no account', {}],
    ['two megabytes', JSON.stringify({ filler: 'x'.repeat(2_000_000) })],
  ])('takes %s for an outage', async (_what, body) => {
    const provider = await answering({ [readPath]: { body } });
    expect(await readOrReason(provider, credential)).toBe('unavailable');
  });

  test('takes silence for an outage', async () => {
    upstream = await startUpstream(() => {});
    expect(await readOrReason(connected(upstream.url, SILENCE_TIMEOUT_MS), credential)).toBe('unavailable');
  });

  test('takes a closed port for an outage, with a cause for the log that lacks the credential', async () => {
    const provider = await answering({});
    await upstream.close();
    const fault = await provider.readAccount(credential).then(() => undefined, toFault);
    expect(fault).toMatchObject({ reason: 'unavailable', cause: { message: 'ECONNREFUSED' } });
    expect(JSON.stringify([fault, fault?.message, fault?.cause])).not.toContain(credential);
  });

  test('refuses what is too long for a header, asked or not', async () => {
    const provider = await answering({ [readPath]: { status: 431, body: {} } });
    expect(await readOrReason(provider, 'x'.repeat(9000))).toBe('unauthenticated');
    upstream.received.length = 0;
    expect(await readOrReason(provider, 'x'.repeat(60_000))).toBe('unauthenticated');
    expect(upstream.received).toEqual([]);
  });

  test.each(['a b', 'a\r\nX-Injected: 1', 'schlüssel', '☃', '\0'])(
    'refuses %j, which was never issued',
    async (odd) => {
      const provider = await answering({ [readPath]: { status: 401, body: refusal } });
      expect(await readOrReason(provider, odd)).toBe('unauthenticated');
      for (const { headers } of upstream.received) expect(headers).not.toHaveProperty('x-injected');
    },
  );
}
