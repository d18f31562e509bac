import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { type ActionName, isAction } from '../core/actions.js';
import { decodeBody } from '../shared/charset.js';
import { compareTexts } from '../shared/compare.js';
import { codeOf, messageOf } from '../shared/errors.js';
import type { RecordedCall } from './recording.js';
import { type ComparedReply, differences } from './replies.js';
import { restoreRequest, type Secrets } from './secrets.js';

export interface ReplayOptions {
  /** The URL of the bridge that the calls are sent to. */
  readonly to: string;
  /**
   * The URL of the bridge that it is compared with: each call is sent there twice, and what differs between the two
   * replies is noise. Absent: it is compared with the recorded replies.
   */
  readonly primary?: string | undefined;
  /** Whether calls are sent that may change something. */
  readonly writes: boolean;
  readonly secrets: Secrets;
}

/** An element whose text differs. */
interface Difference {
  readonly action: string;
  /** Its path, `http_status`, or `no reply` where one of the two bridges has given none. */
  readonly element: string;
  /** In how many calls. */
  readonly calls: number;
  /** The request id of the first of them. */
  readonly example: string;
}

export interface ReplayResult {
  readonly sent: number;
  /** How many calls were left out because they may change something. */
  readonly writes: number;
  readonly differences: readonly Difference[];
  /** What differs between two replies of the primary; it is not among the differences. */
  readonly noise: readonly Difference[];
  /** Why there was no reply, of the first call without one. */
  readonly failure: string | undefined;
}

/** Whether an action changes nothing. */
const isRead: Readonly<Record<ActionName, boolean>> = {
  get_account_info: true,
  get_ticket: false,
  get_auth_token: false,
  logout: false,
  authorization: false,
  get_account_details: true,
  update_account: false,
  change_password: false,
  delete_account: false,
  create_account: false,
  find_accounts: true,
  get_account_plan: true,
};

/** How many calls are under way at once. */
const CONCURRENCY = 8;

/** Sends the calls of a recording again, those of an auth_token in their order, and compares the replies. */
export async function replay(
  calls: AsyncIterable<RecordedCall>,
  { to, primary, writes, secrets }: ReplayOptions,
): Promise<ReplayResult> {
  const found = createTally();
  const noise = createTally();
  let sent = 0;
  let leftOut = 0;
  let failure: string | undefined;

  const replyFrom = (base: string, call: RecordedCall) =>
    send(base, call, secrets).catch((error: unknown) => {
      failure ??= codeOf(error) ?? messageOf(error);
      return undefined;
    });
  const replayCall = async (call: RecordedCall) => {
    const expected = primary === undefined ? call.reply : await replyFrom(primary, call);
    if (primary !== undefined && expected) {
      const again = await replyFrom(primary, call);
      if (again) noise.add(call, differences(expected, again));
    }
    found.add(call, compared(expected, await replyFrom(to, call)));
  };

  /** The calls under way, and the last one of each auth_token. */
  const underWay = new Set<Promise<void>>();
  const lastOf = new Map<string, Promise<void>>();
  for await (const call of calls) {
    const { action = '' } = call;
    if (!writes && !(isAction(action) && isRead[action])) {
      leftOut += 1;
      continue;
    }
    sent += 1;
    const order = call.authToken ?? call.id;
    const work: Promise<void> = (lastOf.get(order) ?? Promise.resolve())
      .then(() => replayCall(call))
      .finally(() => {
        underWay.delete(work);
        if (lastOf.get(order) === work) lastOf.delete(order);
      });
    underWay.add(work);
    lastOf.set(order, work);
    if (underWay.size >= CONCURRENCY) await Promise.race(underWay);
  }
  await Promise.all(underWay);

  const isNoise = ({ action, element }: Difference) =>
    noise.all().some((each) => each.action === action && each.element === element);
  return {
    sent,
    writes: leftOut,
    differences: found.all().filter((each) => !isNoise(each)),
    noise: noise.all(),
    failure,
  };
}

function compared(one: ComparedReply | undefined, other: ComparedReply | undefined): string[] {
  return one && other ? differences(one, other) : ['no reply'];
}

/** Counts differences by action and element. */
function createTally() {
  const byElement = new Map<string, Difference>();
  return {
    add: ({ id, action = 'unknown' }: RecordedCall, elements: readonly string[]) => {
      for (const element of elements) {
        const key = JSON.stringify([action, element]);
        const { calls, example } = byElement.get(key) ?? { calls: 0, example: id };
        byElement.set(key, { action, element, calls: calls + 1, example });
      }
    },
    all: () =>
      [...byElement.values()].sort((one, other) => compareTexts(one.action, other.action) || other.calls - one.calls),
  };
}

/** Milliseconds until a call without a reply is given up. */
const TIMEOUT_MS = 60_000;
/** The headers that are sent again: a bridge may answer by them. */
const SENT_HEADERS = /^(?:accept|accept-language|soapaction|user-agent)$/i;

async function send(base: string, call: RecordedCall, secrets: Secrets): Promise<ComparedReply> {
  const { target, contentType, body } = restoreRequest(call, secrets);
  const { method, headers } = call.request;
  const bytes = Buffer.from(body);
  const sent = {
    ...Object.fromEntries(
      headers.filter(({ name }) => SENT_HEADERS.test(name)).map(({ name, value }) => [name, value]),
    ),
    ...(contentType !== '' && { 'Content-Type': contentType }),
    ...(bytes.length > 0 && { 'Content-Length': bytes.length }),
  };
  const options = { method, headers: sent, signal: AbortSignal.timeout(TIMEOUT_MS) };
  const response = await exchange(base + target, options, bytes);
  return {
    status: response.statusCode ?? 0,
    body: decodeBody(await buffer(response), response.headers['content-type'] ?? ''),
  };
}

/** Not `fetch`, which sends no body with GET, and blocks some ports: https://fetch.spec.whatwg.org/#port-blocking. */
function exchange(url: string, options: RequestOptions, body: Buffer): Promise<IncomingMessage> {
  const request = /^https:/i.test(url) ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    request(url, options, resolve).on('error', reject).end(body);
  });
}
