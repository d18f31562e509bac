import type { Entry } from 'har-format';
import { normalizeTarget } from '../http/request.js';
import { canCarryXml, encodeText } from '../shared/charset.js';
import { UTF_8 } from '../shared/charset-labels.js';
import { statedDocument } from '../shared/stated-charset.js';
import { multipartForm } from './form-body.js';
import { bytesOf, type RecordedRequest } from './recorded-request.js';

/** The part of a request in a HAR that is sent again: http://www.softwareishard.com/blog/har-12-spec/#request. */
type HarRequest = Pick<Entry['request'], 'method' | 'url' | 'headers'> & {
  readonly postData?: { readonly mimeType: string; readonly text?: string; readonly params?: readonly HarParameter[] };
};

interface HarParameter {
  readonly name: string;
  readonly value?: string;
}

/** The entries of a HAR; undefined where a value is none. */
export function entriesOf(value: unknown): readonly unknown[] | undefined {
  const log = isRecord(value) ? value.log : undefined;
  const entries = isRecord(log) ? log.entries : undefined;
  return Array.isArray(entries) ? entries : undefined;
}

/**
 * The requests at a path of the old API in the entries of a HAR, and a line for each entry that is broken and for the number
 * of those that are of another service.
 */
export function requestsOfHar(entries: readonly unknown[]) {
  const requests: RecordedRequest[] = [];
  const skipped: string[] = [];
  let others = 0;
  for (const [index, entry] of entries.entries()) {
    const name = `entry ${index + 1}`;
    const request = isRecord(entry) ? entry.request : undefined;
    const problem = problemOf(request);
    if (problem !== undefined || !isRequest(request)) skipped.push(`${name} was left out: ${problem}`);
    else if (isOfOldApi(request)) requests.push({ name, bytes: toBytes(request) });
    else others += 1;
  }
  if (others > 0) skipped.push(`${others} of another service were left out`);
  const broken = entries.length - requests.length - others;
  if (broken > 0) skipped.push(`${broken} of ${entries.length} entries are broken`);
  return { requests, skipped };
}

function isOfOldApi({ url }: HarRequest): boolean {
  const { pathname } = new URL(url);
  return /^\/api\/1\.0\/(?:rest|xml|soap)(?:\/|$)/i.test(normalizeTarget(pathname));
}

function toBytes({ method, url, headers, postData }: HarRequest): Buffer {
  const { pathname, search, host } = new URL(url);
  const { contentType, body } = bodyOf(postData);
  // The text in a HAR is unpacked; a form that was made anew has another boundary.
  const kept = headers
    .filter(({ name }) => !/^(?:content-encoding|host)$/i.test(name))
    .filter(({ name }) => contentType === undefined || !/^content-type$/i.test(name))
    .map(({ name, value }) => [name, value] as const);
  const type = contentType === undefined ? [] : [['Content-Type', contentType] as const];
  return bytesOf({ method, target: pathname + search, headers: [['Host', host], ...kept, ...type], body });
}

/** The bytes of a body; with a Content-Type where that of the entry does not fit them. */
function bodyOf(postData: HarRequest['postData']): { readonly contentType?: string; readonly body: Buffer } {
  const { mimeType = '', text = '', params = [] } = postData ?? {};
  if (text === '' && params.length > 0) {
    const fields = params.map(({ name, value = '' }) => [name, value] as const);
    if (/^multipart\//i.test(mimeType)) return multipartForm(fields);
    return { body: Buffer.from(fields.map((pair) => pair.map(encodeURIComponent).join('=')).join('&')) };
  }
  // A HAR has characters: their bytes were in the charset that the request says.
  const { charset = UTF_8 } = statedDocument(Buffer.from(text), mimeType);
  return { body: encodeText(text, canCarryXml(charset) ? charset : UTF_8) };
}

/** Why an entry is broken; undefined where it is not. */
function problemOf(request: unknown): string | undefined {
  if (!isRecord(request)) return 'it has no request';
  const { method, url, headers, postData } = request;
  if (typeof method !== 'string' || !/^[A-Za-z]{1,20}$/.test(method)) return 'its request has no method';
  if (typeof url !== 'string' || !URL.canParse(url)) return 'its request has no URL';
  if (!Array.isArray(headers) || !headers.every(isPair)) return 'the headers of its request are no names and values';
  if (postData !== undefined && !isPostData(postData)) return 'the postData of its request has no text';
  return undefined;
}

function isRequest(request: unknown): request is HarRequest {
  return problemOf(request) === undefined;
}

function isPostData(postData: unknown): boolean {
  if (!isRecord(postData)) return false;
  const { mimeType, text, params } = postData;
  if (typeof mimeType !== 'string' || (text !== undefined && typeof text !== 'string')) return false;
  return (
    params === undefined ||
    (Array.isArray(params) &&
      params.every(
        (param) => isRecord(param) && isText(param.name) && (param.value === undefined || isText(param.value)),
      ))
  );
}

function isPair(header: unknown): boolean {
  return isRecord(header) && isText(header.name) && /^[\w!#$%&'*+.^`|~:-]+$/.test(header.name) && isText(header.value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
