import { type Answer, type Fields, isList, unknownNumber, type Value } from '../core/call.js';
import type { Reason } from '../core/fault.js';
import { writeDocument, type XmlNode } from './document/reader.js';
import type { Dialect, LegacyReply } from './protocol.js';

/** As the old service sent it: single quotes, a blank before the end, CRLF. */
const declaration = (charset: string) => `<?xml version='1.0' encoding='${charset}' ?>\r\n`;

/** The old clients read a body only when the HTTP status is 200; these two are for those who retry. */
const httpStatus: Partial<Record<Reason, number>> = { unavailable: 503, internal: 500 };

/** The reply of the REST and the XML format: a status, and on success what belongs to it. */
export function encodeResponse(answer: Answer, { replyCharset }: Dialect): LegacyReply {
  const content = [{ name: 'status', content: answer.status }, ...nodes(answer.result)];
  return {
    status: answer.http ?? (answer.reason && httpStatus[answer.reason]) ?? 200,
    mediaType: 'text/xml',
    body: declaration(replyCharset) + writeDocument({ name: 'response', content }),
  };
}

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
