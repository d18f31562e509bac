import { Fault } from '../../core/fault.js';
import { decodeBody } from '../../shared/charset.js';
import { type Part, relatedParts, withoutBrackets } from '../multipart.js';
import type { LegacyRequest } from '../protocol.js';
import type { AttachmentText } from './references.js';

/** The bytes of an envelope, and the attachments that came with it. */
export interface SoapMessage extends Pick<LegacyRequest, 'body' | 'contentType'> {
  readonly attachmentText: AttachmentText;
}

/**
 * The envelope in a request: its body, or the root part of `multipart/related`, as SOAP with Attachments and MTOM have it
 * (https://www.rfc-editor.org/rfc/rfc2387). Decided by the body, since Content-Types are wrong or absent. Throws a
 * `malformed` Fault for a multipart message that is incomplete, and for DIME.
 */
export function openMessage({ body, contentType }: Pick<LegacyRequest, 'body' | 'contentType'>): SoapMessage {
  const alone: SoapMessage = { body, contentType, attachmentText: () => undefined };
  if (body[0] === LESS_THAN) return alone;
  if (isDime(body)) throw new Fault('malformed', { explanation: 'a DIME message, which is not served' });
  const parts = relatedParts(body, contentType);
  const start = withoutBrackets(START_PARAMETER.exec(contentType)?.slice(1).join('') ?? '');
  const root = parts?.find(({ contentId }) => start !== '' && contentId === start) ?? parts?.[0];
  if (!parts || !root) return alone;
  return {
    body: root.bytes,
    contentType: root.contentType,
    attachmentText: decodedOnce(parts.filter((part) => part !== root)),
  };
}

/** Decodes an attachment when it is first referred to, so that many references hold one text. */
function decodedOnce(parts: readonly Part[]): AttachmentText {
  const texts = new Map<string, string>();
  return (contentId) => {
    const part = parts.find((each) => each.contentId === contentId);
    if (!part) return undefined;
    const text = texts.get(contentId) ?? decodeBody(part.bytes, part.contentType);
    texts.set(contentId, text);
    return text;
  };
}

const LESS_THAN = 0x3c;

const START_PARAMETER = /;\s*start\s*=\s*(?:"([^"]{1,200})"|([^\s";]{1,200}))/i;

/**
 * Whether a message begins with the first record of DIME 1, of a media type or a URI:
 * https://datatracker.ietf.org/doc/html/draft-nielsen-dime-02.
 */
function isDime(body: Buffer): boolean {
  const [flags = 0, type, options] = body;
  return (flags & 0xfc) === 0x0c && (type === 0x10 || type === 0x20) && options === 0;
}
