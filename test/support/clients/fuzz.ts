import fc from 'fast-check';
import { isKnown } from '../../../src/core/actions.js';
import { Fault } from '../../../src/core/fault.js';
import { anyText } from '../any-text.js';
import { rootOf } from '../cases/well-formed.js';
import { wireBytes, wireCases } from '../cases/wire.js';
import { startRequestHandler } from '../servers/request-handler.js';
import { connectTo, exchangeOn, type RawReply } from './raw.js';

/** The outcome of a fuzz run. */
export interface FuzzReport {
  readonly inputs: number;
  readonly replies: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly slowestMs: number;
  /** Bytes of live objects, after a tenth of the inputs and at the end. */
  readonly heap: { readonly before: number; readonly after: number } | undefined;
  readonly findings: readonly string[];
}

export interface FuzzOptions {
  readonly inputs: number;
  readonly seed: number;
  readonly connections?: number;
}

const MAX_MS = 100;
/** How often what took longer is tried again, alone: others, and other programs, may have delayed it. */
const TRIES_ALONE = 5;
const MAX_GROWTH_MB = 4;
const WORDS = /^(\w+_ok|logged|invalid_login|wrong_input|application_restricted|not_logged_in)$/;

// biome-ignore format: a list
const odd = [
  '\0', '\r\n', '\n', '\r', '<', '>', '&', '"', "'", ']]>', '<![CDATA[', '<!--', '-->', '<?xml version="1.0"?>',
  '<!DOCTYPE a [<!ENTITY b "c">]>', '&#0;', '&#xD800;', '&amp;', '%', '%00', '%zz', '%0d%0a', '\xff\xfe', '\xef\xbb\xbf',
  '__proto__', 'constructor', 'toString', 'xmlns:a=""', 'xmlns=""', ' e:mustUnderstand="1"', 'xsi:nil="true"', 'href="#a"', 'id="a"',
  'Transfer-Encoding: chunked\r\n', 'Content-Length: 5\r\n', 'Content-Encoding: gzip\r\n', 'Content-Encoding: deflate\r\n',
  'Content-Type: text/xml; charset=utf-16\r\n', 'Content-Type: text/xml; charset=utf-7\r\n', 'charset=shift_jis', 'Expect: 100-continue\r\n',
  'Upgrade: h2c\r\nConnection: Upgrade\r\n', 'Connection: close\r\n', 'HEAD ', 'OPTIONS ', 'CONNECT ', '/api/1.0/soap', '?', '[]', '[9]', '&=', '--',
  '0\r\n\r\n', 'fffffffff\r\n', 'a'.repeat(3000), '<a>'.repeat(100), 'x='.repeat(300), 'GET /api/1.0/rest HTTP/1.1\r\n\r\n',
];

/** The recorded requests. */
function seeds(): Buffer[] {
  return ['old-clients', 'hostile', 'rest', 'xml', 'soap'].flatMap((folder) =>
    wireCases(folder, 'request.http').map((example) => wireBytes(`${folder}/${example}/request.http`)),
  );
}

type Edit = readonly [kind: number, at: number, length: number, what: number];

const edit: fc.Arbitrary<Edit> = fc.tuple(fc.nat(7), fc.nat(0xffff), fc.nat(60), fc.nat(0xffff));

/** A recorded request with some mutations. */
function mutated(): fc.Arbitrary<Buffer> {
  const all = seeds();
  const change = (bytes: Buffer, [kind, place, length, what]: Edit): Buffer => {
    const at = place % (bytes.length + 1);
    const before = bytes.subarray(0, at);
    const after = bytes.subarray(at);
    const other = all[what % all.length] ?? bytes;
    switch (kind) {
      case 0:
        return Buffer.concat([before, Buffer.from([what % 256]), after.subarray(1)]);
      case 1:
        return Buffer.concat([before, after.subarray(length)]);
      case 2:
        return Buffer.concat([before, after.subarray(0, length), after]);
      case 3:
        return Buffer.concat([before, other.subarray(place % (other.length + 1))]);
      case 4:
      case 5:
        return Buffer.concat([before, Buffer.from(odd[what % odd.length] ?? '', 'latin1'), after]);
      case 6:
        return withRightLength(bytes);
      default:
        return swapped(bytes, what, length);
    }
  };
  return fc
    .tuple(fc.nat(all.length - 1), fc.array(edit, { minLength: 1, maxLength: 5 }), fc.boolean())
    .map(([index, edits, isFramed]) => {
      const bytes = edits.reduce(change, all[index] ?? Buffer.alloc(0));
      return isFramed ? withRightLength(bytes) : bytes;
    });
}

/** With a matching Content-Length; without it, most requests would be rejected for that alone. */
function withRightLength(bytes: Buffer): Buffer {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return bytes;
  const head = bytes
    .toString('latin1', 0, end)
    .replace(/^content-length:.*$/gim, () => `Content-Length: ${bytes.length - end - 4}`);
  return Buffer.concat([Buffer.from(head, 'latin1'), bytes.subarray(end)]);
}

function swapped(bytes: Buffer, one: number, other: number): Buffer {
  const lines = bytes.toString('latin1').split('\r\n');
  const [a, b] = [one % lines.length, other % lines.length];
  const moved = lines.map((line, index) => (index === a ? lines[b] : index === b ? lines[a] : line));
  return Buffer.from(moved.join('\r\n'), 'latin1');
}

const text = fc.oneof(
  anyText({ maxLength: 30 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 30 }),
  fc.constantFrom(...odd),
);
const name = fc.oneof(
  fc.constantFrom(
    'action',
    'api_key',
    'auth_token',
    'sid',
    'params[]',
    'user_id',
    '__proto__',
    'constructor',
    'a:b',
    'item',
  ),
  fc.stringMatching(/^[A-Za-z_][\w.-]{0,8}$/),
);
const action = fc.oneof(fc.constantFrom('logout', 'get_account_info', 'get_ticket', 'move', 'toString'), name);

/** A call in one of the formats, nearly well-formed. */
function written(): fc.Arbitrary<Buffer> {
  const escaped = fc
    .tuple(text, fc.integer({ min: 0, max: 9 }))
    .map(([value, how]) => (how === 0 ? value : value.replace(/[<>&\r]/g, (it) => `&#${it.charCodeAt(0)};`)));
  const elements = fc
    .array(fc.tuple(name, escaped), { maxLength: 5 })
    .map((pairs) => pairs.map(([key, value]) => `<${key}>${value}</${key}>`).join(''));
  const query = fc
    .array(fc.tuple(name, text), { maxLength: 5 })
    .map((pairs) => pairs.map(([key, value]) => `${key}=${percent(value)}`).join('&'));
  const envelope = fc.constantFrom(
    'http://schemas.xmlsoap.org/soap/envelope/',
    'http://www.w3.org/2003/05/soap-envelope',
    'urn:x',
  );
  const namespace = fc.constantFrom('urn:boxnet', 'urn:boxnet:literal', '');
  const soap = fc
    .tuple(envelope, namespace, action, elements)
    .map(
      ([e, n, a, inside]) =>
        `<e:Envelope xmlns:e="${e}"><e:Body><${a} xmlns="${n}">${inside}</${a}></e:Body></e:Envelope>`,
    );
  const xml = fc.tuple(action, elements).map(([a, inside]) => `<request><action>${a}</action>${inside}</request>`);
  const multipart = fc
    .array(fc.tuple(name, text), { maxLength: 5 })
    .map(
      (pairs) =>
        `${pairs.map(([key, value]) => `--b\r\nContent-Disposition: form-data; name="${key}"\r\n\r\n${value}\r\n`).join('')}--b--`,
    );
  const charset = fc.constantFrom('', '; charset=utf-8', '; charset=iso-8859-1', '; charset=utf-16le', '; charset=x');
  const post = (path: string, body: fc.Arbitrary<string>) =>
    fc.tuple(body, charset, query).map(([inside, set, extra]) => {
      const bytes = Buffer.from(inside);
      const head = `POST ${path}?${extra} HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml${set}\r\nContent-Length: ${bytes.length}\r\n\r\n`;
      return Buffer.concat([Buffer.from(head), bytes]);
    });
  const get = fc
    .tuple(action, query)
    .map(([a, rest]) => Buffer.from(`GET /api/1.0/rest?action=${percent(a)}&${rest} HTTP/1.1\r\n\r\n`));
  return fc.oneof(
    post('/api/1.0/soap', soap),
    post('/api/1.0/xml', xml),
    post('/api/1.0/rest', query),
    post('/api/1.0/rest', multipart),
    get,
  );
}

function percent(value: string): string {
  return Array.from(Buffer.from(value), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

/** Sends mutated and generated requests to a request handler and checks every reply. */
export async function fuzz({ inputs, seed, connections = 8 }: FuzzOptions): Promise<FuzzReport> {
  const defects: string[] = [];
  // A short timeout for inputs that are incomplete requests.
  const server = await startRequestHandler({
    requestMs: 500,
    dispatch: async ({ action }) => {
      if (!isKnown(action)) throw new Fault('malformed');
      return {};
    },
    onLog: (line) => defects.push(line),
  });
  const crashed = (error: unknown) => defects.push(`crash: ${error instanceof Error ? error.stack : error}`);
  process.on('uncaughtException', crashed).on('unhandledRejection', crashed);
  const statuses: Record<string, number> = {};
  const findings: string[] = [];
  const slow: Buffer[] = [];
  let replies = 0;
  let slowestMs = 0;
  let heapBefore = 0;
  let done = 0;

  const probe = async (input: Buffer, methods = methodsOf(input)) => {
    const connection = await connectTo(server.url);
    const start = performance.now();
    // Half-closed, so that the server knows the input to be complete.
    const outcome = await exchangeOn(connection, input, { isHalfClosed: true, methods });
    connection.destroy();
    return { ...outcome, ms: performance.now() - start };
  };
  const report = (input: Buffer, what: string) => findings.push(`${what}: ${input.toString('base64')}`);

  const one = async (input: Buffer) => {
    const known = defects.length;
    try {
      const guessed = await probe(input);
      // Which requests the server parses from the input, and so which replies answer HEAD, is a guess.
      const outcome = guessed.rest.length > 0 ? await probe(input, []) : guessed;
      replies += outcome.replies.length;
      for (const reply of outcome.replies) {
        statuses[reply.status] = (statuses[reply.status] ?? 0) + 1;
        const wrong = wrongIn(reply, input);
        if (wrong) report(input, wrong);
      }
      if (outcome.rest.length > 0) report(input, `bytes that are no reply (${outcome.rest.toString('latin1', 0, 80)})`);
      if (outcome.ms > MAX_MS) slow.push(input);
      else slowestMs = Math.max(slowestMs, outcome.ms);
    } catch (error) {
      report(input, error instanceof Error ? error.message.slice(0, 200) : String(error));
    }
    if (defects.length > known) report(input, defects.slice(known).join(' ').slice(0, 600));
    done += 1;
  };

  /** Judges an input by itself: beside others it may have waited for them, or for a busy machine. */
  const alone = async (input: Buffer) => {
    let ms = Number.POSITIVE_INFINITY;
    for (let n = 0; n < TRIES_ALONE && ms > MAX_MS; n += 1) ms = Math.min(ms, (await probe(input)).ms);
    slowestMs = Math.max(slowestMs, ms);
    if (ms > MAX_MS) report(input, `${Math.round(ms)} ms`);
  };

  const BATCH = 1000;
  for (let batch = 0; done < inputs; batch++) {
    const numRuns = Math.min(BATCH, inputs - done);
    const queue = fc.sample(fc.oneof(mutated(), written()), { seed: seed + batch, numRuns });
    const work = async () => {
      for (let input = queue.pop(); input; input = queue.pop()) await one(input);
    };
    await Promise.all(Array.from({ length: connections }, work));
    for (const input of slow.splice(0)) await alone(input);
    server.calls.length = 0;
    if (heapBefore === 0 && done >= inputs / 10) heapBefore = liveHeap();
  }
  const heap = heapBefore > 0 ? { before: heapBefore, after: liveHeap() } : undefined;
  const grownBy = heap ? (heap.after - heap.before) / 2 ** 20 : 0;
  if (grownBy > MAX_GROWTH_MB) findings.push(`live memory grew by ${grownBy.toFixed(1)} MB`);
  await server.close();
  process.off('uncaughtException', crashed).off('unhandledRejection', crashed);
  return { inputs, replies, statuses, slowestMs, heap, findings };
}

/** Zero where Node was not started with --expose-gc. */
function liveHeap(): number {
  if (!globalThis.gc) return 0;
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

function methodsOf(input: Buffer): string[] {
  return [...input.toString('latin1').matchAll(/(HEAD|[A-Z]+) [^\r\n]* HTTP\/\d\.\d\r\n/g)].map(
    ([, method = '']) => method,
  );
}

/** What is wrong with a reply; undefined where nothing is. */
function wrongIn(reply: RawReply, input: Buffer): string | undefined {
  if (reply.status < 200 || reply.body.length === 0) return undefined;
  const document = reply.body.toString();
  if (document.includes('internal_error')) return 'internal_error';
  if (document === 'ok\n' || document.includes('<definitions')) return undefined;
  if (reply.headers.get('content-length') !== `${reply.body.length}`) return 'no length';
  let root: string;
  try {
    root = rootOf(reply.body).local;
  } catch (error) {
    return `ill-formed reply (${error instanceof Error ? error.message.trim() : error})`;
  }
  const paths = [...input.toString('latin1').matchAll(/\/api\/+(?:1\.0\/+)?(rest|xml|soap)/gi)].map(([, path]) =>
    path?.toLowerCase(),
  );
  if (root === 'Envelope' && !paths.includes('soap')) return 'an envelope at a path of another format';
  if (
    root === 'response' &&
    paths.length > 0 &&
    paths.every((path) => path === 'soap') &&
    /^POST \/api\/(?:1\.0\/)?soap[ ?]/.test(input.toString('latin1'))
  ) {
    return 'no envelope for SOAP';
  }
  const word =
    /<(?:ns4:)?status[^>]*>([^<]*)</.exec(document)?.[1] ??
    /<(?:faultstring|SOAP-ENV:Text[^>]*)>(\w+)/.exec(document)?.[1];
  return word !== undefined && WORDS.test(word) ? undefined : `the status ${word}`;
}
