import { describe, expect, test } from '@jest/globals';
import { type Action, actionNames, actions } from '../../../src/core/actions.js';
import { toErrorAnswer, toSuccessAnswer } from '../../../src/core/error-mapping.js';
import { Fault, toFault } from '../../../src/core/fault.js';
import type { XmlElement } from '../../../src/protocols/document/reader.js';
import type { DecodedRequest, ReplyOptions } from '../../../src/protocols/protocol.js';
import { createTextOf } from '../../../src/protocols/soap/elements.js';
import { soap } from '../../../src/protocols/soap/soap.js';
import { soap11, soap12 } from '../../../src/protocols/soap/version.js';
import { openWsdl } from '../../../src/protocols/soap/wsdl.js';

const wsdl = await openWsdl();
await wsdl.load();
const protocol = soap({ xmlDepth: 32 }, wsdl);
const options: ReplyOptions = { unknownNumbers: 'auto', faultStatus: 500, replyCharset: 'UTF-8' };
const versions = { '1.1': soap11, '1.2': soap12 };

const envelope = (inside: string, { envelope: namespace } = soap11) =>
  `<e:Envelope xmlns:e="${namespace}"><e:Body>${inside}</e:Body></e:Envelope>`;

function decode(body: string | Buffer, contentType = ''): DecodedRequest {
  return protocol.decode({ query: Buffer.alloc(0), body: Buffer.from(body), contentType, userAgent: '' });
}

function parametersIn(body: string): Record<string, readonly string[]> {
  return Object.fromEntries(decode(body).call().parameters);
}

/** The reply to a request that is answered with its own fault, as the pipeline does. */
function faultOf(request: DecodedRequest, replyOptions = options) {
  let fault: Fault | undefined = request.rejection;
  let action: string | undefined;
  try {
    action = request.call().action;
  } catch (error) {
    fault ??= toFault(error);
  }
  const { status, body } = request.encode(toErrorAnswer(fault ?? new Fault('malformed'), action), replyOptions);
  return { status, body };
}

describe.each(actionNames)('the parameters of %s', (name) => {
  const { parameters }: Action = actions[name];
  const names = ['api_key', ...Object.keys(parameters)];
  const expected = Object.fromEntries(names.map((each) => [each, [`value of ${each}`]]));
  const entry = (key: string, value: string) => `<item><key>${key}</key><value>${value}</value></item>`;

  test.each<[string, string]>([
    [
      'in order, under names of the caller',
      names.map((each, at) => `<param${at}>value of ${each}</param${at}>`).join(''),
    ],
    ['in order, all under one name', names.map((each) => `<item>value of ${each}</item>`).join('')],
    ['in a struct', `<s>${names.map((each) => `<${each}>value of ${each}</${each}>`).join('')}</s>`],
    [
      'in a struct under the name of one',
      `<api_key>${names.map((each) => `<${each}>value of ${each}</${each}>`).join('')}</api_key>`,
    ],
    [
      'in a Map of JAXB',
      `<s>${names
        .map((each) => entry(each, `value of ${each}`))
        .join('')
        .replaceAll('item>', 'entry>')}</s>`,
    ],
    [
      'in a Map with blanks around its keys',
      `<s>${names
        .toReversed()
        .map((each) => entry(`\n  ${each}\n  `, `value of ${each}`))
        .join('')}</s>`,
    ],
    ['in an array', `<s>${names.map((each) => `<item>value of ${each}</item>`).join('')}</s>`],
    ['in a Map', `<s>${names.map((each) => entry(each, `value of ${each}`)).join('')}</s>`],
    [
      'in a Map with keys of the caller',
      `<s>${names.map((each, at) => entry(`k${at}`, `value of ${each}`)).join('')}</s>`,
    ],
    [
      'in a wrapper around a struct',
      `<w><s>${names.map((each) => `<${each}>value of ${each}</${each}>`).join('')}</s></w>`,
    ],
  ])('are read %s', (_how, inside) => {
    expect(parametersIn(envelope(`<${name}>${inside}</${name}>`))).toEqual(expected);
  });
});

test.each<[string, string, Record<string, readonly string[]>]>([
  ['one name that is known', '<a>1</a><auth_token>2</auth_token>', { a: ['1'], auth_token: ['2'] }],
  ['one name that was known', '<a>1</a><sid>2</sid>', { a: ['1'], auth_token: ['2'] }],
  ['a struct under a name that is known', '<api_key><a>1</a><b>2</b></api_key>', { api_key: ['1', '2'] }],
  ['a struct beside something else', '<a><api_key>1</api_key></a><b>2</b>', { api_key: ['1'], auth_token: ['2'] }],
])('%s: names and positions', (_what, inside, expected) => {
  expect(parametersIn(envelope(`<get_account_info>${inside}</get_account_info>`))).toEqual(expected);
});

test('a name that an action takes for its beginning is known', () => {
  const inside = '<a>1</a><b>2</b><c/><meta.color>red</meta.color>';
  expect(parametersIn(envelope(`<update_account>${inside}</update_account>`))).toEqual({
    a: ['1'],
    b: ['2'],
    c: [''],
    'meta.color': ['red'],
  });
});

describe.each(Object.entries(versions))('a fault of SOAP %s', (name, version) => {
  const is12 = name === '1.2';
  const unknown = () => decode(envelope('<nothing/>', version));

  test('for an operation that there is none says so', () => {
    const { status, body } = faultOf(unknown());
    expect(status).toBe(is12 ? 400 : 500);
    const code = is12
      ? '<SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value><SOAP-ENV:Subcode><SOAP-ENV:Value xmlns:rpc="http://www.w3.org/2003/05/soap-rpc">rpc:ProcedureNotPresent</SOAP-ENV:Value></SOAP-ENV:Subcode></SOAP-ENV:Code>'
      : '<faultcode>SOAP-ENV:Client</faultcode>';
    expect(body).toContain(code);
  });

  test('for an unknown encodingStyle is one of SOAP 1.2', () => {
    const operation = `<logout xmlns:e="${version.envelope}" e:encodingStyle="urn:other"/>`;
    const { rejection } = decode(envelope(operation, version));
    expect(rejection?.explanation).toBe(is12 ? 'the encodingStyle is unknown' : undefined);
  });

  test.each<[Fault, number, number]>([
    [new Fault('malformed'), 400, 500],
    [new Fault('malformed', { http: 413 }), 413, 413],
    [new Fault('unavailable'), 500, 500],
    [new Fault('internal'), 500, 500],
  ])('for %j has the HTTP status of its binding', (fault, in12, in11) => {
    const { status } = unknown().encode(toErrorAnswer(fault), options);
    expect(status).toBe(is12 ? in12 : in11);
  });

  test('has the HTTP status that the application is configured with', () => {
    expect(faultOf(unknown(), { ...options, faultStatus: 200 }).status).toBe(200);
  });
});

/** What every reply of a version and style begins with, byte for byte. */
const beginOf = ({ envelope: uri, encoding }: typeof soap11, isLiteral: boolean, hasStyle: boolean) =>
  [
    '<?xml version="1.0" encoding="UTF-8"?>\n<SOAP-ENV:Envelope',
    ` xmlns:SOAP-ENV="${uri}"`,
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"',
    isLiteral ? ' xmlns:ns4="urn:boxnet:literal"' : ` xmlns:SOAP-ENC="${encoding}" xmlns:ns4="urn:boxnet"`,
    hasStyle ? ` SOAP-ENV:encodingStyle="${encoding}"` : '',
    '><SOAP-ENV:Body>',
  ].join('');

const END = '</SOAP-ENV:Body></SOAP-ENV:Envelope>';

test.each<[version: keyof typeof versions, isLiteral: boolean, response: string]>([
  ['1.1', false, '<ns4:logoutResponse><status xsi:type="xsd:string">logout_ok</status></ns4:logoutResponse>'],
  ['1.1', true, '<ns4:logoutResponse><ns4:status>logout_ok</ns4:status></ns4:logoutResponse>'],
  [
    '1.2',
    false,
    '<ns4:logoutResponse SOAP-ENV:encodingStyle="http://www.w3.org/2003/05/soap-encoding"><status xsi:type="xsd:string">logout_ok</status></ns4:logoutResponse>',
  ],
  ['1.2', true, '<ns4:logoutResponse><ns4:status>logout_ok</ns4:status></ns4:logoutResponse>'],
])('a reply in SOAP %s, literal: %s, is byte for byte', (name, isLiteral, response) => {
  const version = versions[name];
  const operation = `<o:logout xmlns:o="${isLiteral ? 'urn:boxnet:literal' : 'urn:boxnet'}"/>`;
  const { body } = decode(envelope(operation, version)).encode(toSuccessAnswer('logout', {}), options);
  const hasStyle = !isLiteral && version === soap11;
  expect(body).toBe(`${beginOf(version, isLiteral, hasStyle)}${response}${END}`);
});

test.each<[version: keyof typeof versions, fault: string]>([
  ['1.1', '<faultcode>SOAP-ENV:Client</faultcode><faultstring>wrong_input: why</faultstring>'],
  [
    '1.2',
    '<SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value></SOAP-ENV:Code><SOAP-ENV:Reason><SOAP-ENV:Text xml:lang="en">wrong_input: why</SOAP-ENV:Text></SOAP-ENV:Reason>',
  ],
])('a fault in SOAP %s is byte for byte', (name, fault) => {
  const version = versions[name];
  const answer = toErrorAnswer(new Fault('malformed', { explanation: 'why', http: 413 }), 'logout');
  const { status, body } = decode(envelope('<logout/>', version)).encode(answer, options);
  expect(status).toBe(413);
  expect(body).toBe(`${beginOf(version, false, version === soap11)}<SOAP-ENV:Fault>${fault}</SOAP-ENV:Fault>${END}`);
});

test('the first parameter of an unknown operation is the api_key', () => {
  expect(parametersIn(envelope('<nothing><a>1</a><b>2</b></nothing>'))).toEqual({ api_key: ['1'], b: ['2'] });
});

const NEXT_11 = 'http://schemas.xmlsoap.org/soap/actor/next';
const ROLE_12 = 'http://www.w3.org/2003/05/soap-envelope/role';

test.each<[version: keyof typeof versions, attributes: string, isRefused: boolean]>([
  ['1.1', 'e:mustUnderstand="1"', true],
  ['1.1', 'e:mustUnderstand=" true "', true],
  ['1.1', 'e:mustUnderstand="0"', false],
  ['1.1', 'e:mustUnderstand="11"', false],
  ['1.1', 'mustUnderstand="1"', false],
  ['1.1', 'e:mustUnderstand="1" e:actor=""', true],
  ['1.1', `e:mustUnderstand="1" e:actor="${NEXT_11}"`, true],
  ['1.1', 'e:mustUnderstand="1" e:actor="urn:other"', false],
  ['1.1', 'e:mustUnderstand="1" actor="urn:other"', true],
  ['1.1', 'e:mustUnderstand="1" e:role="urn:other"', true],
  ['1.2', 'e:mustUnderstand="true"', true],
  ['1.2', `e:mustUnderstand="true" e:role="${ROLE_12}/next"`, true],
  ['1.2', `e:mustUnderstand="true" e:role="${ROLE_12}/ultimateReceiver"`, true],
  ['1.2', `e:mustUnderstand="true" e:role="${ROLE_12}/none"`, false],
  ['1.2', 'e:mustUnderstand="true" e:actor="urn:other"', true],
])('in SOAP %s, a header block with %s that is unknown is refused: %s', (name, attributes, isRefused) => {
  const version = versions[name];
  const header = `<e:Header><a:first xmlns:a="urn:a"/><a:block xmlns:a="urn:a" ${attributes}/></e:Header>`;
  const request = decode(envelope('<logout/>', version).replace('<e:Body>', `${header}<e:Body>`));
  expect(request.rejection?.explanation).toBe(isRefused ? 'the header block is not understood' : undefined);
  if (!isRefused) return;
  const { body } = faultOf(request);
  const named = '<SOAP-ENV:NotUnderstood xmlns:h="urn:a" qname="h:block"/>';
  expect(body).toContain('SOAP-ENV:MustUnderstand</');
  expect(body.includes(`<SOAP-ENV:Header>${named}</SOAP-ENV:Header>`)).toBe(version === soap12);
});

test('a header block of no namespace is named without a prefix', () => {
  const header = '<e:Header><block e:mustUnderstand="1"/></e:Header>';
  const request = decode(envelope('<logout/>', soap12).replace('<e:Body>', `${header}<e:Body>`));
  expect(faultOf(request).body).toContain('<SOAP-ENV:NotUnderstood qname="block"/>');
});

test('an envelope of no version is told which there are, in SOAP 1.2', () => {
  const other = envelope('<logout/>', { ...soap11, envelope: 'urn:other' });
  const supported = [soap12, soap11]
    .map((each) => `<SOAP-ENV:SupportedEnvelope xmlns:e="${each.envelope}" qname="e:Envelope"/>`)
    .join('');
  const header = `<SOAP-ENV:Header><SOAP-ENV:Upgrade>${supported}</SOAP-ENV:Upgrade></SOAP-ENV:Header>`;
  const inSoap12 = faultOf(decode(other, 'application/soap+xml'));
  expect(inSoap12.body).toContain(header);
  expect(inSoap12.body).toContain('<SOAP-ENV:Value>SOAP-ENV:VersionMismatch</SOAP-ENV:Value>');
  const inSoap11 = faultOf(decode(other, 'text/xml'));
  expect(inSoap11.body).toContain('<faultcode>SOAP-ENV:VersionMismatch</faultcode>');
  expect(inSoap11.body).not.toContain('Header');
  const noEnvelope = faultOf(decode('<other/>', 'APPLICATION/SOAP+XML; charset=utf-8')).body;
  expect(noEnvelope).toContain('<SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value>');
  expect(noEnvelope).not.toContain('Header');
});

test.each<[root: string, action: string]>([
  [`c:root="0" xmlns:c="${soap11.encoding}"`, 'logout'],
  [`c:root=" false " xmlns:c="${soap11.encoding}"`, 'logout'],
  [`c:root="1" xmlns:c="${soap11.encoding}"`, 'first'],
  [`c:root="00" xmlns:c="${soap11.encoding}"`, 'first'],
  ['root="0"', 'first'],
])('an element of the Body with %s, before another: %s is the operation', (root, action) => {
  expect(decode(envelope(`<first ${root}/><logout/>`)).call().action).toBe(action);
});

test('in SOAP 1.2, the encodingStyle of any element of the Body counts, not that of the Header', () => {
  const other = 'e:encodingStyle="urn:other"';
  const within = `<logout><auth_token ${other}/></logout>`;
  const header = `<e:Header><block ${other}/></e:Header>`;
  expect(faultOf(decode(envelope(within, soap12))).body).toContain('SOAP-ENV:DataEncodingUnknown<');
  const ofHeader = envelope('<logout/>', soap12).replace('<e:Body>', `${header}<e:Body>`);
  expect(decode(ofHeader).rejection).toBeUndefined();
  for (const known of [
    soap11.encoding,
    soap12.encoding,
    ` ${soap12.encoding} `,
    '',
    `${soap12.envelope}/encoding/none`,
  ])
    expect(decode(envelope(`<logout e:encodingStyle="${known}"/>`, soap12)).rejection).toBeUndefined();
});

const XSI = 'http://www.w3.org/2001/XMLSchema-instance';
const XSI_1999 = 'http://www.w3.org/1999/XMLSchema-instance';

test.each<[attributes: string, text: string, value: string]>([
  [`xmlns:i="${XSI}" i:nil="true"`, 'x', ''],
  [`xmlns:i="${XSI}" i:nil="1"`, 'x', ''],
  [`xmlns:i="${XSI}" i:nil=" 1 "`, 'x', ''],
  [`xmlns:i="${XSI_1999}" i:null="1"`, 'x', ''],
  [`xmlns:i="${XSI}" i:nil="false"`, 'x', 'x'],
  [`xmlns:i="${XSI}" i:nil="1 1"`, 'x', 'x'],
  [`xmlns:i="${XSI}" i:nil="is true"`, 'x', 'x'],
  [`xmlns:i="urn:other" i:nil="true"`, 'x', 'x'],
  ['nil="true"', 'x', 'x'],
  [`xmlns:i="${XSI}" i:type="e:base64"`, 'w7w=', 'ü'],
  [`xmlns:i="${XSI}" i:type="xsd:base64Binary"`, ' w7\n w\t= ', 'ü'],
  [`xmlns:i="${XSI_1999}" i:type="base64"`, 'w7w', 'ü'],
  [`xmlns:i="${XSI}" i:type="base64"`, '_-8', '\u00ff\u00ef'],
  [`xmlns:i="${XSI}" i:type="base64"`, '', ''],
  [`xmlns:i="${XSI}" i:type="e:base64s"`, 'w7w=', 'w7w='],
  [`xmlns:i="${XSI}" i:type="e:nobase64"`, 'w7w=', 'w7w='],
  [`xmlns:i="urn:other" i:type="base64"`, 'w7w=', 'w7w='],
])('a value with %s and the text %j', (attributes, text, value) => {
  const parameters = parametersIn(envelope(`<logout><auth_token ${attributes}>${text}</auth_token></logout>`));
  expect(parameters).toEqual({ auth_token: [value] });
});

test.each(['w7w=x', 'w7w8w', 'w7w*', '=w7w='])('%s is no base64', (text) => {
  const value = `<auth_token xmlns:i="${XSI}" i:type="base64">${text}</auth_token>`;
  expect(() => parametersIn(envelope(`<logout>${value}</logout>`))).toThrow(
    expect.objectContaining({ reason: 'malformed', explanation: 'a value is no base64' }),
  );
});

test('a value in base64 is decoded once, however many references there are to it', () => {
  let reads = 0;
  const element: XmlElement = {
    local: 'a',
    namespace: undefined,
    attributes: [{ local: 'type', namespace: XSI, value: 'e:base64' }],
    children: [],
    get text() {
      reads += 1;
      return 'w7w=';
    },
  };
  const textOf = createTextOf();
  expect([textOf(element), textOf(element), reads]).toEqual(['ü', 'ü', 1]);
});

test('DIME is rejected by its name', () => {
  const record = Buffer.concat([Buffer.from([0x0c, 0x20, 0, 0, 0, 0, 0, 0]), Buffer.from(envelope('<logout/>'))]);
  expect(faultOf(decode(record)).body).toContain('wrong_input: a DIME message');
});

test('a multipart message that is rejected is rejected in the version of its root part', () => {
  const part = (type: string) => `--b\r\nContent-Type: ${type}\r\n\r\n<a>\r\n--b--`;
  expect(faultOf(decode(part('application/xop+xml; type="application/soap+xml"'))).body).toContain('SOAP-ENV:Sender');
  expect(faultOf(decode(part('application/xop+xml; type="text/xml"'))).body).toContain('SOAP-ENV:Client');
});
