import { describe, expect, test } from '@jest/globals';
import { rootOf } from '../support/cases/well-formed.js';
import { afterwards } from '../support/cleanup.js';
import { exchange } from '../support/clients/raw.js';
import { startRequestHandler } from '../support/servers/request-handler.js';

const soapCall =
  '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><logout><api_key>k</api_key></logout></e:Body></e:Envelope>';

const REST_FORM = /^<\?xml version='1.0' encoding='UTF-8' \?>\r\n<response><status>wrong_input<\/status><\/response>$/;
const SOAP_FORM = /<SOAP-ENV:Fault><faultcode>SOAP-ENV:Client<\/faultcode><faultstring>wrong_input: /;

/** Sends a request and gives its HTTP status, its body, and the protocol that answered, as the metrics name it. */
async function answerTo(request: string) {
  const server = await startRequestHandler();
  afterwards(server.close);
  const { replies } = await exchange(server.url, Buffer.from(request), { replies: 1 });
  const protocol = /^boxbridge_calls_total\{protocol="(\w+)"/m.exec(await server.metrics())?.[1];
  return { http: replies[0]?.status, body: replies[0]?.body.toString() ?? '', protocol };
}

const get = (target: string) => `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`;
const post = (target: string, body = '') =>
  `POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const malformed = (target: string) => `POST ${target} HTTP/1.1\r\nHost: x\r\nmalformed\r\n\r\n`;

/** No path of a protocol, nor below one: the first protocol answers, which is REST. */
const besideProtocols = [
  '/api/1.0/xmlrpc',
  '/api/1.0/restful',
  '/api/1.0/soapx?wsdl',
  '/api/1.0/soapx',
  '/api/1.0/xml.php',
  '/api/1.0/soap%2F',
  '/API/1.0/XMLRPC',
  '/api/soapx',
  '/api/xml.php',
  '/api/2.0/soap',
  '/soap',
];

describe.each(besideProtocols)('%s', (target) => {
  test.each([get(target), post(target)])('is a 404 in the form of REST (%j)', async (request) => {
    const { http, body, protocol } = await answerTo(request);
    expect([http, protocol]).toEqual([404, 'rest']);
    expect(body).toMatch(REST_FORM);
  });

  test('has malformed HTTP answered in the form of REST', async () => {
    const { http, body, protocol } = await answerTo(malformed(target));
    expect([http, protocol]).toEqual([400, 'rest']);
    expect(body).toMatch(REST_FORM);
  });
});

describe.each([
  '/api/1.0/soap',
  '/api/1.0/soap/',
  '/API/1.0/SOAP',
  '//api//1.0//soap',
  'http://www.box.net/api/1.0/soap',
  '/api/soap',
  '/api/soap/',
  '/API/Soap',
  '//api//soap',
  '/api/1%2E0/so%61p',
  '/api/%73oap',
])('%s', (target) => {
  test('performs a call of SOAP', async () => {
    const { http, body, protocol } = await answerTo(post(target, soapCall));
    expect([http, protocol]).toEqual([200, 'soap']);
    expect(body).toContain('<ns4:logoutResponse>');
  });

  test('has malformed HTTP answered in the form of SOAP', async () => {
    const { http, body, protocol } = await answerTo(malformed(target));
    expect([http, protocol]).toEqual([400, 'soap']);
    expect(body).toMatch(SOAP_FORM);
  });

  test('gives the WSDL', async () => {
    const { http, body, protocol } = await answerTo(get(`${target}?wsdl`));
    expect([http, protocol]).toEqual([200, undefined]);
    expect(rootOf(body)).toEqual({ local: 'definitions', uri: 'http://schemas.xmlsoap.org/wsdl/' });
  });
});

describe.each(['/api/1.0/soap/x', '/api/1.0/soap/x?wsdl', '/API/1.0/Soap/x/y', '/api/soap/x'])(
  '%s, below a protocol',
  (target) => {
    test.each([get(target), post(target)])('is a 404 in the form of SOAP (%j)', async (request) => {
      const { http, body, protocol } = await answerTo(request);
      expect([http, protocol]).toEqual([404, 'soap']);
      expect(body).toMatch(SOAP_FORM);
    });

    test('has malformed HTTP answered in the form of SOAP', async () => {
      const { http, body, protocol } = await answerTo(malformed(target));
      expect([http, protocol]).toEqual([400, 'soap']);
      expect(body).toMatch(SOAP_FORM);
    });
  },
);

test('a path that cannot be decoded is answered in the form of its protocol', async () => {
  const { http, body, protocol } = await answerTo(get('/api/1.0/soap/%ff'));
  expect([http, protocol]).toEqual([404, 'soap']);
  expect(body).toMatch(SOAP_FORM);
});

const wsdlQueries = [
  'wsdl',
  'WSDL',
  'singleWsdl',
  'singlewsdl&v=1',
  'wsdl=1',
  'wsdl=',
  'wsdl=wsdl0',
  'v=1&wsdl',
  'v=1&wsdl=1&w=2',
  'wsdl#bottom',
  'wsdl;v=1',
  'v=1;wsdl=1',
  'wsdl?v=1',
  'v=1?wsdl',
];

test.each(wsdlQueries)('?%s gives the WSDL', async (query) => {
  const plain = await answerTo(get('/api/1.0/soap?wsdl'));
  for (const path of ['/api/1.0/soap', '/api/soap'])
    expect(await answerTo(get(`${path}?${query}`))).toEqual({ ...plain, http: 200 });
});

test.each([
  'wsdl=literal',
  'WSDL=Literal',
  'v=1&wsdl=literal',
  'singleWsdl=literal',
  'wsdl=literal#x',
  'v=1;wsdl=literal;w=2',
])('?%s gives the literal WSDL', async (query) => {
  const { http, body } = await answerTo(get(`/api/1.0/soap?${query}`));
  expect(http).toBe(200);
  expect(body).toContain('urn:boxnet:literal');
});

test.each(['', '?', '?wsdlx', '?xwsdl', '?v=wsdl', '#wsdl', '?v=1#&wsdl'])(
  'GET of SOAP with %j is not allowed',
  async (query) => {
    const { http, body } = await answerTo(get(`/api/1.0/soap${query}`));
    expect(http).toBe(405);
    expect(body).toMatch(SOAP_FORM);
  },
);

test('a call is a call, whatever its query', async () => {
  const { http, body } = await answerTo(post('/api/soap?v=1&wsdl', soapCall));
  expect(http).toBe(200);
  expect(body).toContain('<ns4:logoutResponse>');
});
