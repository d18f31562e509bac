import { readFile } from 'node:fs/promises';
import { DIGEST } from '../observability/digests.js';
import { isDocument, isMultipart } from '../observability/masked-texts.js';
import { messageOf } from '../shared/errors.js';
import type { RecordedCall } from './recording.js';

/** What is sent for a digest. */
export type Secrets = ReadonlyMap<string, string>;

/**
 * Reads a file with a digest, a blank and a secret in each line. Throws an Error with one line for the operator, without
 * a secret, where it cannot be read or has another line.
 */
export async function readSecrets(file: string): Promise<Secrets> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new Error(`cannot read ${file} (${messageOf(error)}); name the output of \`boxbridge digest\``);
  });
  const secrets = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line === '') continue;
    const [, digest, secret] = LINE.exec(line) ?? [];
    if (digest === undefined || secret === undefined)
      throw new Error(`${file}:${index + 1} has to be a digest, a blank and a secret`);
    secrets.set(digest, secret);
  }
  return secrets;
}

const LINE = new RegExp(`^(${DIGEST.source}) (.+)$`);

/** A request as it is sent: with its secrets, in UTF-8. */
export interface RestoredRequest {
  readonly target: string;
  readonly contentType: string;
  readonly body: string;
}

/** Puts the secrets of a recorded request in the places of their digests. A digest without a secret stays. */
export function restoreRequest({ request }: RecordedCall, secrets: Secrets): RestoredRequest {
  const restore = (text: string, encode: (secret: string) => string) =>
    text.replace(DIGEST, (digest) => {
      const secret = secrets.get(digest);
      return secret === undefined ? digest : encode(secret);
    });
  const { target, contentType, body } = request;
  return {
    target: restore(target, encodeURIComponent),
    contentType: contentType && `${contentType.replace(CHARSET, '')}; charset=utf-8`,
    body: restoreBody(body, restore),
  };
}

function restoreBody(body: string, restore: (text: string, encode: (secret: string) => string) => string): string {
  if (isMultipart(body)) return restore(body.replace(CHARSET_OF_PART, '$1'), (secret) => secret);
  if (!isDocument(body)) return restore(body, encodeURIComponent);
  return body
    .replace(ENCODING, '$1')
    .split(SECTION)
    .map((part) => restore(part, part.startsWith('<![CDATA[') ? inSection : inText))
    .join('');
}

const CHARSET = /\s*;\s*charset\s*=\s*(?:"[^"]*"|[^;\s]*)/gi;
const CHARSET_OF_PART = /(^content-type:[^\r\n]*?)\s*;\s*charset\s*=[^\r\n;]*/gim;
/** The encoding of an XML declaration. */
const ENCODING = /^([\0\s]*<\?xml\s[^>]*?)\s+encoding\s*=\s*(?:"[^"]*"|'[^']*')/;
const SECTION = /(<!\[CDATA\[[\s\S]*?\]\]>)/;

const inText = (secret: string) =>
  secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const inSection = (secret: string) => secret.replaceAll(']]>', ']]]]><![CDATA[>');
