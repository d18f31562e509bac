import { type Answer, type Fields, isList, unknownNumber, type Value } from '../core/answer.js';
import { httpStatusOf, toErrorAnswer } from '../core/error-mapping.js';
import { Fault } from '../core/fault.js';
import { UTF_8 } from '../shared/charset.js';
import { writeDocument, type XmlNode } from './document/writer.js';
import type { LegacyReply, ReplyOptions } from './protocol.js';

/** The declaration of the old service: single quotes, a space before `?>`, CRLF. */
const xmlDeclaration = (charset: string) => `<?xml version='1.0' encoding='${charset}' ?>\r\n`;

/** The reply of REST and XML: the status word and the elements of the result. */
export function encodeResponse(answer: Answer, { replyCharset }: Pick<ReplyOptions, 'replyCharset'>): LegacyReply {
  const content = [{ name: 'status', content: answer.status }, ...nodes(answer.result)];
  return {
    status: httpStatusOf(answer),
    mediaType: 'text/xml',
    body: xmlDeclaration(replyCharset) + writeDocument({ name: 'response', content }),
  };
}

/** The last-resort reply of REST and XML. */
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
