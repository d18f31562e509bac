import { expect, test } from '@jest/globals';
import { createProtocols } from '../../src/protocols/index.js';
import { openWsdl } from '../../src/protocols/soap/wsdl.js';
import { readRequest, wireFile } from '../support/cases/wire.js';

/** What each protocol says that it took a request for, and why. */

const wsdl = await openWsdl();
await wsdl.load();
const protocols = createProtocols({ xmlDepth: 32 }, wsdl);

function seenIn(example: string): string[] {
  const path = /\/api\/(?:1\.0\/)?(\w+)/i.exec(wireFile(`${example}/request.http`))?.[1]?.toLowerCase();
  const protocol = protocols.find(({ name }) => name === path);
  const seen = protocol?.decode(readRequest(`${example}/request.http`)).seen() ?? [];
  return seen.map(({ what, is, why }) => `${what} ${is}: ${why}`);
}

const QUERY = 'dialect a form of name=value: the query is one';
const FORM = 'dialect a form of name=value: the body is one';
const DOCUMENT = 'dialect a document <request>: its path takes no other';
const SOAP_11 = 'dialect SOAP 1.1: its Envelope has that namespace';
const NOTHING_ELSE = 'dialect SOAP 1.1: neither Envelope nor Content-Type says another';
const ENCODED = 'dialect RPC/encoded: its operation is in urn:boxnet';
const ofEach = (where: string) =>
  `character set that of each value: no charset is named for ${where}: a value is in UTF-8 where its bytes are, else in Windows-1252`;

test.each([
  ['old-clients/libwww-perl-http10-get', [QUERY, ofEach('the query')]],
  ['old-clients/form-split-over-query-and-body', [QUERY, ofEach('the query'), FORM, ofEach('the body')]],
  ['old-clients/form-in-declared-iso-8859-1', [FORM, 'character set ISO-8859-1: the Content-Type says so']],
  [
    'old-clients/utf-16-big-endian-without-mark-rest',
    [FORM, 'character set utf-16be: its first characters have the zeros of UTF-16'],
  ],
  [
    'old-clients/curl-form',
    [
      'dialect a form of multipart/form-data: the body begins with its boundary',
      'character set that of each value: each part is in that of its own bytes or Content-Type',
    ],
  ],
  ['old-clients/declared-koi8-r', [DOCUMENT, 'character set KOI8-R: its XML declaration says so']],
  ['old-clients/mark-over-http-charset', [DOCUMENT, 'character set utf-8: its byte order mark says so']],
  ['old-clients/http-charset-over-declaration', [DOCUMENT, 'character set ISO-8859-1: the Content-Type says so']],
  [
    'old-clients/undeclared-windows-1252',
    [DOCUMENT, 'character set windows-1252: nothing names one, and its bytes are not UTF-8'],
  ],
  ['hostile/xml-unknown-charset', [DOCUMENT, 'character set an unknown one: its XML declaration says so']],
  ['old-clients/dotnet-1.1', [SOAP_11, ENCODED, 'character set utf-8: the Content-Type says so']],
  [
    'old-clients/cxf-document-literal',
    [
      SOAP_11,
      'dialect document/literal: its operation is in urn:boxnet:literal, of ?wsdl=literal',
      'character set utf-8: the Content-Type says so',
    ],
  ],
  [
    'old-clients/axis2-soap-1.2',
    ['dialect SOAP 1.2: its Envelope has that namespace', ENCODED, 'character set UTF-8: the Content-Type says so'],
  ],
  ['old-clients/dotnet-utf-16', [SOAP_11, ENCODED, 'character set utf-16le: its byte order mark says so']],
  ['hostile/soap-doctype', [NOTHING_ELSE, 'character set UTF-8: nothing names one, and its bytes are UTF-8']],
])('%s', (example, seen) => {
  expect(seenIn(example)).toEqual(seen);
});
