import type { CallRequest } from './try-request.js';

/** A language in which a call can be written. */
interface Language {
  readonly name: string;
  /** A program that sends a request and prints the body of its reply, whatever its HTTP status. */
  readonly write: (request: CallRequest) => string;
}

const lines = (...parts: readonly (string | readonly string[])[]) => `${parts.flat().join('\n')}\n`;

/** For a shell: between single quotes nothing but their end counts. */
const shell = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** For PHP and Perl: between single quotes only these two are escaped. */
const single = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;

/** For Java and C#: the escapes of JSON, and nothing but ASCII. */
const unicode = (text: string) =>
  JSON.stringify(text).replace(/[^ -~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** For C: the bytes of UTF-8; those that mean something are octal, which three digits end. */
const bytes = (text: string) =>
  `"${[...Buffer.from(text)].map((byte) => (isPlain(byte) ? String.fromCharCode(byte) : octal(byte))).join('')}"`;
const isPlain = (byte: number) => /[\w .,:;/=<>()&%+*#!@~|{}[\]^$'`-]/.test(String.fromCharCode(byte)) && byte < 0x7f;
const octal = (byte: number) => `\\${byte.toString(8).padStart(3, '0')}`;

const header = ([name, value]: CallRequest['headers'][number]) => `${name}: ${value}`;

export const languages: readonly Language[] = [
  {
    name: 'curl',
    write: ({ method, url, headers, body }) =>
      `${[
        `curl -sS --globoff ${shell(url)}`,
        ...headers.map((each) => `-H ${shell(header(each))}`),
        ...(method === 'POST' ? [`--data-raw ${shell(body)}`] : []),
      ].join(' \\\n  ')}\n`,
  },
  {
    name: 'PHP',
    write: ({ method, url, headers, body }) =>
      lines(
        '<?php',
        '$context = stream_context_create([',
        "    'http' => [",
        `        'method' => ${single(method)},`,
        `        'header' => [${headers.map((each) => single(header(each))).join(', ')}],`,
        `        'content' => ${single(body)},`,
        '        // Without this a reply of another HTTP status than 200 is lost.',
        "        'ignore_errors' => true,",
        '    ],',
        ']);',
        `echo file_get_contents(${single(url)}, false, $context);`,
      ),
  },
  {
    name: 'Perl',
    write: ({ method, url, headers, body }) =>
      lines(
        'use strict;',
        'use warnings;',
        'use HTTP::Tiny;',
        '',
        `my $reply = HTTP::Tiny->new->request(${single(method)}, ${single(url)}, {`,
        `    headers => { ${headers.map(([name, value]) => `${single(name)} => ${single(value)}`).join(', ')} },`,
        `    content => ${single(body)},`,
        '});',
        'print $reply->{content};',
      ),
  },
  {
    name: 'Java',
    write: ({ method, url, headers, body }) =>
      lines(
        'import java.io.InputStream;',
        'import java.net.HttpURLConnection;',
        'import java.net.URL;',
        '',
        'class BoxCall {',
        '    public static void main(String[] words) throws Exception {',
        `        HttpURLConnection call = (HttpURLConnection) new URL(${unicode(url)}).openConnection();`,
        `        call.setRequestMethod(${unicode(method)});`,
        headers.map(([name, value]) => `        call.setRequestProperty(${unicode(name)}, ${unicode(value)});`),
        method === 'POST'
          ? [
              '        call.setDoOutput(true);',
              `        call.getOutputStream().write(${unicode(body)}.getBytes("UTF-8"));`,
            ]
          : [],
        '        boolean isGood = call.getResponseCode() < 400;',
        '        InputStream reply = isGood ? call.getInputStream() : call.getErrorStream();',
        '        for (int each; (each = reply.read()) >= 0;) System.out.write(each);',
        '        System.out.flush();',
        '    }',
        '}',
      ),
  },
  {
    name: 'C#',
    write: ({ method, url, headers, body }) =>
      lines(
        'using System;',
        'using System.IO;',
        'using System.Net;',
        'using System.Text;',
        '',
        'static class BoxCall',
        '{',
        '    static void Main()',
        '    {',
        `        var call = (HttpWebRequest)WebRequest.Create(${unicode(url)});`,
        `        call.Method = ${unicode(method)};`,
        headers.map(([name, value]) =>
          name === 'Content-Type'
            ? `        call.ContentType = ${unicode(value)};`
            : `        call.Headers[${unicode(name)}] = ${unicode(value)};`,
        ),
        method === 'POST'
          ? [
              `        var body = Encoding.UTF8.GetBytes(${unicode(body)});`,
              '        using (var stream = call.GetRequestStream()) stream.Write(body, 0, body.Length);',
            ]
          : [],
        '        WebResponse reply;',
        '        try { reply = call.GetResponse(); }',
        '        catch (WebException failure) { if ((reply = failure.Response) == null) throw; }',
        '        using (var reader = new StreamReader(reply.GetResponseStream())) Console.Write(reader.ReadToEnd());',
        '    }',
        '}',
      ),
  },
  {
    name: 'C',
    write: ({ method, url, headers, body }) =>
      lines(
        '/* cc box_call.c -lcurl */',
        '#include <curl/curl.h>',
        '',
        'int main(void)',
        '{',
        '    CURL *call = curl_easy_init();',
        '    struct curl_slist *headers = NULL;',
        '    CURLcode code;',
        '',
        `    curl_easy_setopt(call, CURLOPT_URL, ${bytes(url)});`,
        headers.map((each) => `    headers = curl_slist_append(headers, ${bytes(header(each))});`),
        '    curl_easy_setopt(call, CURLOPT_HTTPHEADER, headers);',
        method === 'POST' ? [`    curl_easy_setopt(call, CURLOPT_POSTFIELDS, ${bytes(body)});`] : [],
        '    code = curl_easy_perform(call);',
        '    curl_slist_free_all(headers);',
        '    curl_easy_cleanup(call);',
        '    return code;',
        '}',
      ),
  },
];
