/** What to do about messages that cannot be read: the beginning of the cause in the log, and words for the operator. */
export const adviceOnMessages: readonly (readonly [cause: RegExp, advice: string])[] = [
  // What is no HTTP.
  [
    /^not a request of HTTP: TLS, as of/,
    'write http:// in the address of the old program, or put a proxy that ends TLS in front of the bridge',
  ],
  [/^not a request of HTTP: SOCKS, as of/, 'enter the bridge as the server of the old program, not as its proxy'],
  [
    /^not a request of HTTP: HTTP\/2 without TLS/,
    'let the client, or the proxy in front, speak HTTP/1.1 to the bridge',
  ],
  [
    /^not a request of HTTP: the PROXY protocol/,
    'switch the PROXY protocol off in the load balancer; X-Forwarded-For is understood instead',
  ],
  [
    /^not a request of HTTP: (?:Invalid char in url|Expected HTTP\/)/,
    'escape in the address what is not ASCII, and blanks: `%C3%BC` for ü, `%20` for a blank; behind it, write HTTP/1.0 or HTTP/1.1, in capitals',
  ],
  [
    /^not a request of HTTP: Invalid (?:method|HTTP version|URL)/,
    'begin the request with a line such as `POST /api/1.0/rest HTTP/1.1`: its method in capitals, its path without blanks, its version 1.0 or 1.1',
  ],
  [
    /^not a request of HTTP: (?:Expected CRLF after version|Missing expected (?:CR|LF)|Expected LF)/,
    'end each line of the head, and each chunk, with CR LF; an editor that saved the file may have changed them',
  ],
  [
    /^not a request of HTTP: (?:Invalid header|Unexpected (?:space|whitespace)|Missing expected)/,
    'write each header as `Name: value` on a line of its own: no blank before the colon, no folded line, no control character',
  ],
  [
    /^not a request of HTTP: .*(?:Content-Length|Transfer-Encoding)/,
    'send one Content-Length in digits, or `Transfer-Encoding: chunked`, and never both',
  ],
  [
    /^not a request of HTTP: .*[Cc]hunk/,
    'write the size of each chunk in hexadecimal digits on a line of its own, or send a Content-Length',
  ],
  [/^not a request of HTTP/, 'send HTTP/1.1: a request line, headers, an empty line and the body'],
  [/^CONNECT is not for/, 'enter the bridge as the server of the old program, not as its proxy'],
  [/^the headers are too large/, 'shorten the headers, the cookies most of all, or send the parameters in the body'],
  [
    /^the request took too long/,
    'look for what delays it between caller and bridge, or raise `limits.request_timeout_ms`',
  ],
  [
    /^the request broke off/,
    'send as many bytes as the Content-Length says; a recording may have lost the end of the body',
  ],
  [/^only chunked is served/, 'send the body with a Content-Length, or with `Transfer-Encoding: chunked` alone'],
  [/^HTTP\/1\.0 has no Transfer-Encoding/, 'send a Content-Length instead of chunks, or HTTP/1.1'],
  [/^more than one Host/, 'send one Host header; a proxy may have added another'],
  [/^\S+ is not for this path/, 'use POST, or GET for the REST form'],
  [
    /^nothing answers at this path/,
    'use /api/1.0/rest, /api/1.0/xml or /api/1.0/soap; what moves files has no modern API behind it',
  ],
  [/^the request is too large/, 'raise `limits.body_bytes`, if the old program has to send as much'],
  [/^the request has an unknown encoding/, 'send the body as it is, or with the Content-Encoding gzip or deflate'],
  [
    /^the request cannot be read/,
    'escape the path as a URL, and let the Content-Encoding be what the body is packed in, or leave it out',
  ],
  // Text.
  [
    /^unknown character set/,
    'name a character set that exists, such as UTF-8, in the Content-Type or the XML declaration',
  ],
  [
    /^the request is not text in/,
    'name the character set that the program writes in its Content-Type (`charset=…`) or XML declaration; old Windows programs write windows-1252',
  ],
  [
    /^a second byte order mark/,
    'send one byte order mark at most: the text was saved with one, and the program adds another',
  ],
  [/has characters that XML cannot carry$/, 'leave control characters out of the value'],
  // Documents.
  [/\(undefined entity\)/, 'write characters as such or as &#…;: XML has no entities of HTML, and & itself is &amp;'],
  [/\(disallowed character/, 'write & as &amp; and < as &lt; in values, and leave control characters out'],
  [
    /^ill-formed XML/,
    'mend the XML at that place; programs that put texts together forget to escape & and < in values',
  ],
  [/^no XML element/, 'send the document in the body of the request'],
  [/^a DOCTYPE/, 'leave out the DOCTYPE: no old client sends one, and it may be an attack'],
  [/^more than \d+ parameters/, 'send each parameter once; no action takes as many'],
  [/^more than \d+ levels/, 'raise `limits.xml_depth`, if the old program nests as deep'],
  [/^more than \d+ (?:elements|attributes)/, 'send a smaller document; no action takes as much'],
  [
    /^the root element is not <request>/,
    'send <request> with an element for each parameter, or use the path of the format that it is in',
  ],
  [
    /^the root element is not Envelope/,
    'send an Envelope in the namespace of SOAP 1.1 or 1.2, or use the path of the format that it is in',
  ],
  [
    /is no Header or Body of/,
    'put into the Envelope one Header at most and then one Body, both in the namespace of the Envelope',
  ],
  [/^no operation in the Body/, 'put the operation, such as get_account_info, into the Body'],
  [/^the header .* is not understood/, 'leave that header out, or its mustUnderstand: the bridge understands none'],
  [/^the encodingStyle is unknown/, 'send the encodingStyle of SOAP, or none'],
  [/^too many references/, 'send the values where they belong: href and id are followed a limited number of times'],
  [/^a value is no base64/, 'send the value as text, or its xsi:type as what it is'],
  [/^a DIME message/, 'send SOAP without DIME: as it is, or as multipart/related'],
  [
    /^not a multipart/,
    'end the parts with the boundary of the Content-Type, `--` around the last one, and send at most 256',
  ],
];
