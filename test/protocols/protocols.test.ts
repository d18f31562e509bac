import { describe, expect, test } from '@jest/globals';
import { SaxesParser } from 'saxes';
import { type Answer, type Fields, unknownNumber } from '../../src/core/answer.js';
import type { Call } from '../../src/core/call.js';
import { toErrorAnswer, toSuccessAnswer } from '../../src/core/error-mapping.js';
import { Fault, type Reason, toFault } from '../../src/core/fault.js';
import { createProtocols } from '../../src/protocols/index.js';
import type { LegacyRequest, Protocol, ReplyOptions } from '../../src/protocols/protocol.js';
import { openWsdl } from '../../src/protocols/soap/wsdl.js';
import { fc } from '../support/cases/properties.js';
import { readAnswer, readRequest, squeezed, wireCases, wireFile } from '../support/cases/wire.js';

const wsdl = await openWsdl();
await wsdl.load();
const protocols = createProtocols({ xmlDepth: 32 }, wsdl);
const replyOptions: ReplyOptions = { unknownNumbers: 'auto', faultStatus: 500, replyCharset: 'UTF-8' };

type Pairs = readonly (readonly [name: string, value: string])[];

/** Encodes a call as a client of each format does. */
const writers: Readonly<Record<string, (action: string, pairs: Pairs) => { query?: string; body?: string }>> = {
  rest: (action, pairs) => ({
    query: [['action', action], ...pairs].map((pair) => pair.map(encodeURIComponent).join('=')).join('&'),
  }),
  xml: (action, pairs) => ({ body: `<request><action>${action}</action>${elements(pairs)}</request>` }),
  soap: (action, pairs) => ({
    body: `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><t:${action} xmlns:t="urn:boxnet">${elements(pairs)}</t:${action}></e:Body></e:Envelope>`,
  }),
};

const nothing: LegacyRequest = { query: Buffer.alloc(0), body: Buffer.alloc(0), contentType: '', userAgent: '' };

/** Encodes the reply to an empty request. */
function encode(protocol: Protocol, answer: Answer, options: ReplyOptions = replyOptions, userAgent = '') {
  const reply = protocol.decode({ ...nothing, userAgent }).encode(answer, options);
  return { ...reply, body: reply.body.toString() };
}

function elements(pairs: Pairs): string {
  return pairs.map(([name, value]) => `<${name}>${escaped(value)}</${name}>`).join('');
}

function escaped(text: string): string {
  return text.replace(/[&<>\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function written({ name }: Protocol, action: string, ...pairs: Pairs): LegacyRequest {
  const { query = '', body = '' } = writers[name]?.(action, pairs) ?? {};
  return { ...nothing, query: Buffer.from(query), body: Buffer.from(body) };
}

/** The elements of a well-formed document that have text, by local name; an independent parser reads it. */
function readTexts(document: string): Record<string, string> {
  const texts: Record<string, string> = {};
  let text = '';
  const parser = new SaxesParser({ xmlns: true });
  parser.on('opentag', () => {
    text = '';
  });
  parser.on('text', (piece) => {
    text += piece;
  });
  parser.on('closetag', ({ local }) => {
    texts[local] ??= text;
    text = '';
  });
  parser.write(document).close();
  return texts;
}

/** Any text that XML 1.0 can carry. */
const xmlText = fc
  .string({ unit: 'grapheme', maxLength: 40 })
  .map((text) => text.replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, ''));

/** The examples of the documentation, by protocol. */
const documented: Readonly<Record<string, string>> = {
  rest: 'documentation',
  xml: 'documentation',
  soap: 'documentation-mended',
};

const user: Fields = {
  login: 'l',
  email: 'e',
  access_id: 1n,
  user_id: 1n,
  space_amount: unknownNumber,
  space_used: 0n,
  max_upload_size: 2n ** 63n - 1n,
};

describe.each(protocols.map((protocol) => [protocol.name, protocol] as const))('%s', (name, protocol) => {
  test.each(wireCases(name, 'request.http', 'call.json'))('reads %s', (example) => {
    const request = readRequest(`${name}/${example}/request.http`);
    const expected = JSON.parse(wireFile(`${name}/${example}/call.json`));
    expect(outcome(() => protocol.decode(request).call())).toEqual(expected);
  });

  test.each(wireCases(name, 'answer.json', 'reply.xml'))('writes %s', (example) => {
    const { body } = encode(protocol, readAnswer(`${name}/${example}/answer.json`));
    expect(squeezed(body)).toBe(squeezed(wireFile(`${name}/${example}/reply.xml`)));
  });

  test('get_account_info replies equal the recorded ones byte for byte', () => {
    const recorded = wireFile(`${name}/${documented[name]}/reply.xml`);
    const [declaration = ''] = recorded.split('\n', 1);
    // The documentation breaks lines for its readers; recorded on the wire, what follows the declaration is one line.
    const line = squeezed(recorded.slice(declaration.length));
    const { body } = encode(protocol, readAnswer(`${name}/${documented[name]}/answer.json`));
    expect(body).toBe(`${declaration}${name === 'soap' ? '\n' : '\r\n'}${line}`);
  });

  test('reads any text unchanged', () => {
    fc.assert(
      fc.property(xmlText, (text) => {
        const { parameters } = protocol.decode(written(protocol, 'get_account_info', ['auth_token', text])).call();
        expect(parameters.get('auth_token')).toEqual([text]);
      }),
    );
  });

  test('writes any text unchanged, without what XML cannot carry', () => {
    fc.assert(
      fc.property(xmlText, (text) => {
        const answer = toSuccessAnswer('get_account_info', { user: { ...user, login: `${text}\0\u{1}\uFFFE\uD800` } });
        expect(readTexts(encode(protocol, answer).body)).toMatchObject({ login: text });
      }),
    );
  });

  test('keeps all values of a repeated parameter', () => {
    const { parameters } = protocol
      .decode(written(protocol, 'logout', ['auth_token', 'a'], ['auth_token', 'b']))
      .call();
    expect(parameters.get('auth_token')).toEqual(['a', 'b']);
  });

  test('writes numbers of 64 bits digit for digit', () => {
    const { body } = encode(protocol, toSuccessAnswer('get_account_info', { user }));
    expect(readTexts(body)).toMatchObject({ max_upload_size: '9223372036854775807', space_used: '0' });
  });

  test.each<[Reason, string]>([
    ['malformed', 'wrong_input'],
    ['restricted', 'application_restricted'],
    ['unauthenticated', 'not_logged_in'],
    ['missing', 'account_not_found'],
    ['invalid', 'e_get_account_info'],
    ['conflict', 'email_already_registered'],
  ])('answers a call that is %s with HTTP 200 and the status %s', (reason, word) => {
    const { status, body } = encode(protocol, toErrorAnswer(new Fault(reason), 'get_account_info'));
    expect(status).toBe(200);
    expect(readTexts(body)).toMatchObject({ status: word });
  });
});

describe.each(['rest', 'xml'])('%s', (name) => {
  const protocol = protocolNamed(name);

  test.each<[Answer, number]>([
    [toErrorAnswer(new Fault('unavailable'), 'logout'), 503],
    [toErrorAnswer(new Fault('internal'), 'logout'), 500],
    [toErrorAnswer(new Fault('malformed', { http: 413 })), 413],
    [toErrorAnswer(new Fault('malformed')), 200],
  ])('%j has its HTTP status', (answer, status) => {
    expect(encode(protocol, answer)).toEqual({
      status,
      mediaType: 'text/xml',
      body: `<?xml version='1.0' encoding='UTF-8' ?>\r\n<response><status>${answer.status}</status></response>`,
    });
  });

  test('is one line after the declaration', () => {
    const { body } = encode(protocol, toSuccessAnswer('get_account_info', { user }));
    expect(body.split('\r\n')).toHaveLength(2);
    expect(body.split('\n')).toHaveLength(2);
  });
});

describe('soap', () => {
  const soap = protocolNamed('soap');

  test.each<[Answer, number, string]>([
    [toErrorAnswer(new Fault('unavailable'), 'logout'), 500, 'Server'],
    [toErrorAnswer(new Fault('internal'), 'logout'), 500, 'Server'],
    [toErrorAnswer(new Fault('malformed', { http: 413 })), 413, 'Client'],
    [toErrorAnswer(new Fault('malformed'), 'no_such_action'), 500, 'Client'],
    [toErrorAnswer(new Fault('malformed')), 500, 'Client'],
  ])('%j is a fault', (answer, status, code) => {
    const reply = encode(soap, answer);
    expect(reply.status).toBe(status);
    expect(readTexts(reply.body)).toMatchObject({ faultcode: `SOAP-ENV:${code}`, faultstring: answer.status });
  });

  test('gives faults the HTTP status that the application is configured with', () => {
    const fault = toErrorAnswer(new Fault('unavailable'), 'logout');
    expect(encode(soap, fault, { ...replyOptions, faultStatus: 200 }).status).toBe(200);
  });

  test.each<[ReplyOptions['unknownNumbers'], string, string]>([
    ['auto', 'PHP-SOAP/8.2', '<space_amount xsi:type="xsd:long" xsi:nil="true"/>'],
    ['auto', 'gSOAP/2.8', ''],
    ['nil', 'gSOAP/2.8', '<space_amount xsi:type="xsd:long" xsi:nil="true"/>'],
    ['omit', '', ''],
    ['zero', '', '<space_amount xsi:type="xsd:long">0</space_amount>'],
  ])('writes an unknown number as %s says, for %s', (unknownNumbers, userAgent, written) => {
    const { body } = encode(
      soap,
      toSuccessAnswer('get_account_info', { user }),
      { ...replyOptions, unknownNumbers },
      userAgent,
    );
    expect(/<user_id[^>]*>1<\/user_id>(.*)<space_used/.exec(body)?.[1]).toBe(written);
  });
});

function protocolNamed(name: string): Protocol {
  const protocol = protocols.find((each) => each.name === name);
  if (!protocol) throw new Error(`no protocol ${name}`);
  return protocol;
}

/** The outcome of decoding, in the form of the examples. */
function outcome(decode: () => Call): unknown {
  try {
    const { action, parameters } = decode();
    return { action, parameters: Object.fromEntries(parameters) };
  } catch (error) {
    const { reason, explanation } = toFault(error);
    return { fault: reason, explanation };
  }
}
