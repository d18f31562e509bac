import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type Answer, type Fields, unknownNumber, type Value } from '../../../src/core/answer.js';
import type { LegacyRequest } from '../../../src/protocols/protocol.js';

const root = new URL('../../../../test/fixtures/wire/', import.meta.url);

/** The folders of examples below `test/fixtures/wire` that have all of these files. */
export function wireCases(folder: string, ...files: readonly string[]): string[] {
  const here = new URL(`${folder}/`, root);
  return readdirSync(here).filter((name) => files.every((file) => existsSync(new URL(`${name}/${file}`, here))));
}

export function wireFile(path: string): string {
  return wireBytes(path).toString();
}

export function wireBytes(path: string): Buffer {
  return readFileSync(new URL(path, root));
}

/** A recorded HTTP request, as far as a protocol looks at it. */
export function readRequest(path: string): LegacyRequest {
  const message = wireBytes(path);
  const end = message.indexOf('\r\n\r\n');
  const head = message.toString('latin1', 0, end);
  const header = (name: string) => new RegExp(`^${name}: *(.*)$`, 'im').exec(head)?.[1] ?? '';
  return {
    query: Buffer.from(/^\S+ [^ ?]*\??(\S*)/.exec(head)?.[1] ?? '', 'latin1'),
    body: message.subarray(end + 4),
    contentType: header('content-type'),
    userAgent: header('user-agent'),
  };
}

/** An answer as data: whole numbers are numbers, an unknown one is `{"unknown":"number"}`. */
export function readAnswer(path: string): Answer {
  const { result, ...rest }: Answer = JSON.parse(wireFile(path));
  return { ...rest, result: fieldsOf(result) };
}

function fieldsOf(data: object): Fields {
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, valueIn(value)]));
}

function valueIn(data: unknown): Value {
  if (data === null || typeof data === 'string') return data;
  if (typeof data === 'number') return BigInt(data);
  if (Array.isArray(data)) return data.map(fieldsOf);
  if (typeof data === 'object') return 'unknown' in data ? unknownNumber : fieldsOf(data);
  throw new Error(`${data} stands for no value`);
}

/** A document without the white space that may differ: between elements and between attributes. */
export function squeezed(xml: string): string {
  return xml
    .replace(/>\s+</g, '><')
    .replace(/<[^>]+>/g, (tag) => tag.replace(/\s+/g, ' ').replace(/ (\/?>)$/, '$1'))
    .trim();
}
