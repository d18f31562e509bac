import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Listener } from '../../src/http/listener.js';
import { exchange } from '../support/clients/raw.js';
import { startBridge } from '../support/servers/bridge.js';
import { startUpstream, type Upstream } from '../support/servers/upstream.js';

/** Characters that only some charsets have: Latin-1, Windows-1252, Cyrillic, Japanese, Unicode alone. */
const LOGIN = 'é € Ж 日 ☃ 😀';

let upstream: Upstream;
let bridge: Listener;

const charsets = ['UTF-8', 'ISO-8859-1', 'Windows-1252', 'US-ASCII', 'KOI8-R', 'Shift_JIS'];

beforeAll(async () => {
  upstream = await startUpstream((_request, response) => {
    response
      .writeHead(200, { 'Content-Type': 'application/json' })
      .end(JSON.stringify({ email: 'native@auth.local', contact_email: LOGIN, login_id: '', total: -2, usage: 0 }));
  });
  bridge = await startBridge({
    applications: charsets.map((charset) => ({
      provider: 'seatable',
      base_url: upstream.url,
      api_key: charset.toLowerCase(),
      reply_charset: charset,
    })),
  });
});

afterAll(async () => {
  await bridge.close();
  await upstream.close();
});

const requests: Readonly<Record<string, (key: string) => string>> = {
  rest: (key) => `GET /api/1.0/rest?action=get_account_info&api_key=${key}&auth_token=t HTTP/1.1\r\nHost: x\r\n\r\n`,
  xml: (key) =>
    post(
      'xml',
      `<request><action>get_account_info</action><api_key>${key}</api_key><auth_token>t</auth_token></request>`,
    ),
  soap: (key) =>
    post(
      'soap',
      `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><get_account_info><api_key>${key}</api_key><auth_token>t</auth_token></get_account_info></e:Body></e:Envelope>`,
    ),
};

function post(format: string, body: string): string {
  return `POST /api/1.0/${format} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** The bytes of the text in each charset; a character that the charset lacks is a character reference. */
const written: Readonly<Record<string, string>> = {
  'UTF-8': Buffer.from(LOGIN).toString('latin1'),
  'ISO-8859-1': '\xe9 &#8364; &#1046; &#26085; &#9731; &#128512;',
  'Windows-1252': '\xe9 \x80 &#1046; &#26085; &#9731; &#128512;',
  'US-ASCII': '&#233; &#8364; &#1046; &#26085; &#9731; &#128512;',
  'KOI8-R': '&#233; &#8364; \xf6 &#26085; &#9731; &#128512;',
  Shift_JIS: '&#233; &#8364; \x84\x47 \x93\xfa &#9731; &#128512;',
};

test.each(charsets.flatMap((charset) => Object.keys(requests).map((format) => [charset, format] as const)))(
  'answers in %s over %s',
  async (charset, format) => {
    const request = requests[format]?.(charset.toLowerCase()) ?? '';
    const [reply] = (await exchange(bridge.url, Buffer.from(request), { replies: 1 })).replies;
    const body = reply?.body.toString('latin1') ?? '';
    expect(/encoding=["']([^"']*)["']/.exec(body)?.[1]).toBe(charset);
    expect(reply?.headers.get('content-type')).toBe(
      charset === 'UTF-8' ? 'text/xml' : `text/xml; charset=${charset.toLowerCase()}`,
    );
    expect(reply?.headers.get('content-length')).toBe(`${reply?.body.length}`);
    expect(/<email[^>]*>([^<]*)</.exec(body)?.[1]).toBe(written[charset]);
  },
);
