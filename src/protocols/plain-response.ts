import { type Answer, type Fields, isList, unknownNumber, type Value } from '../core/answer.js';
import { httpStatusOf, toErrorAnswer } from '../core/error-mapping.js';
import { Fault } from '../core/fault.js';
import { UTF_8 } from '../shared/charset.js';
import { writeDocument, type XmlNode } from './document/writer.js';
import type { LegacyReply, ReplyOptions } from './protocol.js';

/** As the old service sent it: single quotes, a blank before the end, CRLF. */
const declaration = (charset: string) => `<?xml version='1.0' encoding='${charset}' ?>\r\n`;

/** The reply of REST and XML: a status and, on success, the result. */
export function encodeResponse(answer: Answer, { replyCharset }: Pick<ReplyOptions, 'replyCharset'>): LegacyReply {
  const content = [{ name: 'status', content: answer.status }, ...nodes(answer.result)];
  return {
    status: httpStatusOf(answer),
    mediaType: 'text/xml',
    body: declaration(replyCharset) + writeDocument({ name: 'response', content }),
  };
}

/** The reply of last resort of REST and XML. */
export const plainInternalError: LegacyReply = encodeResponse(toErrorAnswer(new Fault('internal')), {
  replyCharset: UTF_8,
});

function nodes(fields: Fields): XmlNode[] {
  return Object.entries(fields).map(([name, value]) => ({ name, content: contentOf(value) }));
}

function contentOf(value: Value): XmlNode['content'] {
  if (value === null) return '';
  if (value === unknownNumber) return '0';
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return value.toString();
  if (isList(value)) return value.map((item) => ({ name: 'item', content: nodes(item) }));
  return nodes(value);
}
