import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { messageOf } from '../shared/errors.js';

/** A call of a recording. Its secrets are digests. */
export interface RecordedCall {
  /** The request id. */
  readonly id: string;
  /** Undefined where none was decoded. */
  readonly action: string | undefined;
  /** The digest of its auth_token; undefined where it has none. */
  readonly authToken: string | undefined;
  readonly request: {
    readonly method: string;
    /** Path and query. */
    readonly target: string;
    readonly headers: Pairs;
    readonly contentType: string;
    readonly body: string;
  };
  readonly reply: { readonly status: number; readonly body: string };
}

type Pairs = readonly { readonly name: string; readonly value: string }[];

/** A file, as long as it was when the work began: calls may be recorded while they are sent again. */
export interface RecordingFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** What is told while a recording is read. */
export interface ReadingEvents {
  /** Bytes that were read since the last time. */
  readonly onBytes: (bytes: number) => void;
  /** One line for the operator: what was left out or mended, and where. */
  readonly onNote: (note: string) => void;
}

const pairs = z.array(z.object({ name: z.string(), value: z.string() }));
const har = z.object({ log: z.object({ entries: z.array(z.unknown()) }) });
const foreignEntry = z.object({ request: z.object({ url: z.string() }), _boxbridge: z.undefined().optional() });
const recordedEntry = z.object({
  request: z.object({
    method: z.string(),
    url: z.url(),
    headers: pairs,
    postData: z.object({ mimeType: z.string(), text: z.string() }).optional(),
  }),
  response: z.object({ status: z.number(), content: z.object({ text: z.string() }) }),
  _boxbridge: z.object({ id: z.string(), action: z.string().optional(), parameters: pairs }),
});

/**
 * The calls of a recording, in its order. What is no entry of the bridge is left out and noted. Of a recording that a
 * killed process left, the entries that are whole are read. Throws an Error with one line for the operator where the file
 * cannot be read or is no HAR.
 */
export async function* readRecording(
  { path, size }: RecordingFile,
  { onBytes, onNote }: ReadingEvents,
): AsyncGenerator<RecordedCall> {
  let foreign = 0;
  for await (const { value, where } of entriesIn({ path, size }, { onBytes, onNote })) {
    const entry = recordedEntry.safeParse(value);
    if (entry.data) yield toCall(entry.data);
    else if (foreignEntry.safeParse(value).success) foreign += 1;
    else onNote(`${where}: a broken entry, left out`);
  }
  if (foreign > 0) onNote(`${path}: entries that no bridge has recorded, left out: ${foreign}`);
}

function toCall({
  request,
  response,
  _boxbridge: { id, action, parameters },
}: z.output<typeof recordedEntry>): RecordedCall {
  const { pathname, search } = new URL(request.url);
  const { mimeType: contentType = '', text: body = '' } = request.postData ?? {};
  return {
    ...{ id, action },
    authToken: parameters.find(({ name }) => name === 'auth_token')?.value,
    request: { method: request.method, target: pathname + search, headers: request.headers, contentType, body },
    reply: { status: response.status, body: response.content.text },
  };
}

/** An entry, or undefined where it is not JSON, and where it stands. */
interface Found {
  readonly value: unknown;
  readonly where: string;
}

const HEAD = /^\{"log":\{.*"entries":\[$/;
const END = ']}}';

/** The entries of a HAR. One that begins as the recorder's does is read line by line, any other as a whole. */
async function* entriesIn({ path, size }: RecordingFile, { onBytes, onNote }: ReadingEvents): AsyncGenerator<Found> {
  if (size === 0) throw new Error(`${path} is empty; name a recording`);
  const bytes = createReadStream(path, { end: size - 1 });
  let number = 0;
  let isClosed = false;
  let read = 0;
  try {
    for await (const line of createInterface({ input: bytes, crlfDelay: Number.POSITIVE_INFINITY })) {
      number += 1;
      onBytes(bytes.bytesRead - read);
      read = bytes.bytesRead;
      if (number === 1 && !HEAD.test(line)) {
        yield* entriesOf(await readFile(path, 'utf8'), path);
        return;
      }
      if (line === END) isClosed = true;
      else if (number > 1 && line !== '') yield { value: jsonIn(line.replace(/,$/, '')), where: `${path}:${number}` };
    }
  } catch (error) {
    throw new Error(`cannot read ${path} (${messageOf(error)}); name a recording`);
  } finally {
    bytes.destroy();
  }
  if (!isClosed) onNote(`${path}: its end is missing, as of a process that was killed; read as if it were there`);
}

function* entriesOf(text: string, path: string): Generator<Found> {
  const { data } = har.safeParse(jsonIn(text));
  if (!data) throw new Error('it is no HAR');
  for (const [index, value] of data.log.entries.entries()) yield { value, where: `${path}, entry ${index + 1}` };
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
