import { type Answer, type Fields, isList, unknownNumber, type Value } from '../core/answer.js';
import { httpStatusOf, toErrorAnswer } from '../core/error-mapping.js';
import { Fault } from '../core/fault.js';
import { UTF_8 } from '../shared/charset-labels.js';
import { createReply, type Reply } from './document/reply.js';
import { createElementWriter, type ElementWriter } from './document/writer.js';
import type { LegacyReply, ReplyOptions } from './protocol.js';

/** As the old service sent it: single quotes, a blank before the end, CRLF. */
const declaration = (charset: string) => `<?xml version='1.0' encoding='${charset}' ?>\r\n`;

/** The reply of REST and XML: a status and, on success, the result. */
export function encodeResponse(answer: Answer, { replyCharset }: Pick<ReplyOptions, 'replyCharset'>): LegacyReply {
  const reply = createReply();
  reply.add(declaration(replyCharset));
  const response = writerOf('response');
  const begun = response.begin(reply);
  writerOf('status').text(answer.status, reply);
  writeElements(answer.result, reply);
  response.end(reply, begun);
  return { status: httpStatusOf(answer), mediaType: 'text/xml', body: reply.content() };
}

function writeElements(fields: Fields, reply: Reply): void {
  for (const name of Object.keys(fields)) writeElement(name, fields[name] ?? null, reply);
}

function writeElement(name: string, value: Value, reply: Reply): void {
  const writer = writerOf(name);
  if (typeof value !== 'object' || value === null) {
    writer.text(textOf(value), reply);
  } else {
    const begun = writer.begin(reply);
    if (isList(value)) for (const item of value) writeElement('item', item, reply);
    else writeElements(value, reply);
    writer.end(reply, begun);
  }
}

function textOf(value: Exclude<Value, Fields | readonly Fields[]>): string {
  if (value === unknownNumber) return '0';
  return value === null ? '' : value.toString();
}

/** By name; the names of elements are those of the contract, so there are few. */
const writers = new Map<string, ElementWriter>();

function writerOf(name: string): ElementWriter {
  let writer = writers.get(name);
  if (!writer) {
    writer = createElementWriter(name);
    writers.set(name, writer);
  }
  return writer;
}

/** The last-resort reply of REST and XML. */
export const plainInternalError: LegacyReply = encodeResponse(toErrorAnswer(new Fault('internal')), {
  replyCharset: UTF_8,
});
