import { type Answer, type Fields, isList, unknownNumber, type Value } from '../core/answer.js';
import { httpStatusOf, toErrorAnswer } from '../core/error-mapping.js';
import { Fault } from '../core/fault.js';
import { UTF_8 } from '../shared/charset.js';
import { createElementWriter, type ElementWriter } from './document/writer.js';
import type { LegacyReply, ReplyOptions } from './protocol.js';

/** As the old service sent it: single quotes, a blank before the end, CRLF. */
const declaration = (charset: string) => `<?xml version='1.0' encoding='${charset}' ?>\r\n`;

/** The reply of REST and XML: a status and, on success, the result. */
export function encodeResponse(answer: Answer, { replyCharset }: Pick<ReplyOptions, 'replyCharset'>): LegacyReply {
  return {
    status: httpStatusOf(answer),
    mediaType: 'text/xml',
    body:
      declaration(replyCharset) +
      writerOf('response').children(writerOf('status').text(answer.status) + elements(answer.result)),
  };
}

function elements(fields: Fields): string {
  let written = '';
  for (const [name, value] of Object.entries(fields)) written += element(name, value);
  return written;
}

function element(name: string, value: Value): string {
  const { text, children } = writerOf(name);
  if (value === null) return text('');
  if (value === unknownNumber) return text('0');
  if (typeof value === 'string') return text(value);
  if (typeof value === 'bigint') return text(value.toString());
  if (!isList(value)) return children(elements(value));
  return children(value.map((item) => element('item', item)).join(''));
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
