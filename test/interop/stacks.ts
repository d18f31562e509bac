import { createClientAsync } from 'soap';
import { messageOf } from '../../src/shared/errors.js';
import { source, startProgram } from './programs.js';
import type { Exchange } from './recorder.js';
import type { Requirement } from './requirements.js';
import type { Impossible, Ready, Stack, Unreadable } from './stack.js';
import { axis, gsoap, jaxWs, mono } from './stubs.js';
import { xmllint } from './xmllint.js';

const phpSoap: Requirement[] = [
  { what: 'php', debian: 'php-cli', probe: ['php', '-v'] },
  { what: 'the soap extension of PHP', debian: 'php-soap', probe: ['php', '-m'], output: /^soap$/m },
];
const phpXml: Requirement[] = [
  { what: 'php', debian: 'php-cli', probe: ['php', '-v'] },
  { what: 'SimpleXML of PHP', debian: 'php-xml', probe: ['php', '-m'], output: /^SimpleXML$/m },
];
const soapLite: Requirement[] = [
  { what: 'SOAP::Lite of Perl', debian: 'libsoap-lite-perl', probe: ['perl', '-MSOAP::Lite', '-e1'] },
];
const lwp: Requirement[] = [
  { what: 'LWP of Perl', debian: 'libwww-perl', probe: ['perl', '-MLWP', '-e1'] },
  { what: 'XML::Parser of Perl', debian: 'libxml-parser-perl', probe: ['perl', '-MXML::Parser', '-e1'] },
];
const curl: Requirement[] = [{ what: 'curl', debian: 'curl', probe: ['curl', '--version'] }, xmllint];
const ENCODED = 'SOAP 1.1 RPC/encoded';
const ENCODED_12 = 'SOAP 1.2 RPC/encoded';
const LITERAL = 'SOAP 1.1 document/literal';
const LITERAL_12 = 'SOAP 1.2 document/literal';
const ATTACHMENT = 'SOAP 1.1 RPC/encoded, attachment';
const MTOM = 'SOAP 1.1 document/literal, MTOM';
const QUERY = 'REST, query';
const FORM = 'REST, form';
const MULTIPART = 'REST, multipart';
const XML = 'XML';

const SOAP_11 = 'http://schemas.xmlsoap.org/soap/envelope/';
const SOAP_12 = 'http://www.w3.org/2003/05/soap-envelope';

/** Whether a request is in a format, by what is on the wire. */
export const isIn: Readonly<Record<string, (exchange: Exchange) => boolean>> = {
  [ENCODED]: soapOf(SOAP_11, 'urn:boxnet'),
  [ENCODED_12]: soapOf(SOAP_12, 'urn:boxnet'),
  [LITERAL]: soapOf(SOAP_11, 'urn:boxnet:literal'),
  [LITERAL_12]: soapOf(SOAP_12, 'urn:boxnet:literal'),
  [ATTACHMENT]: inParts(soapOf(SOAP_11, 'urn:boxnet')),
  [MTOM]: inParts(soapOf(SOAP_11, 'urn:boxnet:literal')),
  [QUERY]: ({ method, url }) => method === 'GET' && url.startsWith('/api/1.0/rest?'),
  [FORM]: ({ url, contentType }) => url === '/api/1.0/rest' && contentType === 'application/x-www-form-urlencoded',
  [MULTIPART]: ({ url, contentType }) => url === '/api/1.0/rest' && contentType.startsWith('multipart/form-data;'),
  [XML]: ({ url, request }) => url === '/api/1.0/xml' && /<request>/.test(request.toString()),
};

/** Both namespaces have to be in the request and in the reply. */
function soapOf(envelope: string, operations: string): (exchange: Exchange) => boolean {
  const isThere = (message: Buffer) => [envelope, operations].every((uri) => message.toString().includes(`"${uri}"`));
  return ({ url, request, reply }) => url === '/api/1.0/soap' && isThere(request) && isThere(reply);
}

function inParts(isThere: (exchange: Exchange) => boolean): (exchange: Exchange) => boolean {
  return (exchange) => exchange.contentType.startsWith('multipart/related;') && isThere(exchange);
}

/** What most of the stacks of SOAP have in common. */
const usual = {
  takesNil: true,
  nilNumber: 'nil',
  unknown: 'nil',
  omitted: undefined,
  emptyText: '',
  replyCharset: 'UTF-8',
  nothing: 'nil',
  readsCharsets: true,
} as const;
const of11 = { ...usual, serverFault: 'SOAP-ENV:Server' } as const;
const of12 = { ...usual, serverFault: 'SOAP-ENV:Receiver' } as const;
/** Numbers that a stub declares as what cannot be nil. */
const plainNumbers = { nilNumber: '0', unknown: '0', omitted: '0' } as const;
const ofPlain = { ...usual, takesNil: false, unknown: '0', omitted: '0', nothing: '', serverFault: undefined } as const;

function php(mode: string, version: '1.1' | '1.2'): Ready {
  return {
    requirements: phpSoap,
    connect: async (bridge) => startProgram('php', source('php-soap-client.php'), mode, version, bridge),
  };
}

function python(library: 'suds' | 'zeep', mode: 'wsdl' | 'literal'): Ready {
  const what = `${library} of Python`;
  // Debian's own: another one that is there has not what its packages have.
  const program = '/usr/bin/python3';
  return {
    requirements: [{ what, debian: `python3-${library}`, probe: [program, '-c', `import ${library}`] }],
    connect: async (bridge) => startProgram(program, source('python-soap.py'), library, mode, bridge),
  };
}

function perl(mode: string, version: '1.1' | '1.2'): Ready {
  return {
    requirements: soapLite,
    connect: async (bridge) => startProgram('perl', source('soap-lite.pl'), mode, version, bridge),
  };
}

function nodeSoap(style: '' | 'literal', forceSoap12Headers: boolean): Ready {
  return {
    requirements: [],
    connect: async (bridge) => {
      const options = { handleNilAsNull: true, attributesKey: ATTRIBUTES, forceSoap12Headers };
      const client = await createClientAsync(`${bridge}/api/1.0/soap?wsdl=${style}`, options);
      return {
        call: async (action, parameters) => {
          try {
            const [reply]: unknown[] = await client[`${action}Async`](parameters);
            return Object.fromEntries(valuesIn(reply));
          } catch (error) {
            // Of SOAP 1.2 it shows a subcode too, undefined where there is none.
            return { fault: messageOf(error).replace(/: (?:undefined: )?/, ' ') };
          }
        },
        close: async () => {},
      };
    },
  };
}

/** Where the package puts the attributes of an element; where it does by default, an account has its own. */
const ATTRIBUTES = '$attributes';

/** The package gives an element that has attributes with them, and its text, where it has one, as `$value` beside them. */
function valuesIn(element: unknown, place = ''): [string, string][] {
  return Object.entries(Object(element)).flatMap(([name, content]: [string, unknown]): [string, string][] => {
    if (name === ATTRIBUTES) return [];
    if (content === null) return [[place + name, 'nil']];
    if (typeof content !== 'object') return [[place + name, String(content)]];
    if ('$value' in content) return [[place + name, String(content.$value)]];
    if (Object.keys(content).join() === ATTRIBUTES) return [[place + name, '']];
    if (!('item' in content)) return valuesIn(content, place);
    return [content.item].flat().flatMap((item, index) => valuesIn(item, `${place}${name}.${index}.`));
  });
}

function plain(program: string, file: string, mode: string): Stack['connect'] {
  return async (bridge) => startProgram(program, source(file), mode, bridge);
}

/** The stubs of .NET take text/xml that names no character set for ASCII. */
const dotNet11 = { ...of11, serverFault: 'Server', replyCharset: 'US-ASCII' } as const;
const dotNet12 = { ...of12, serverFault: 'Receiver', replyCharset: 'US-ASCII' } as const;

/** The answers with a list in them. */
const lists: Unreadable = {
  actions: [
    'get_account_details',
    'update_account',
    'change_password',
    'create_account',
    'find_accounts',
    'get_account_plan',
  ],
  complaint: 'InvalidCastException',
  why: 'The stubs of wsdl.exe take a list of RPC/encoded for an array of SOAP; those of `?wsdl=literal` read it',
};

export const stacks: readonly Stack[] = [
  { name: 'PHP SoapClient, WSDL', format: ENCODED, ...php('wsdl', '1.1'), ...of11 },
  { name: 'PHP SoapClient, no WSDL', format: ENCODED, ...php('plain', '1.1'), ...of11 },
  { name: 'PHP SoapClient, WSDL', format: ENCODED_12, ...php('wsdl', '1.2'), ...of12 },
  { name: 'PHP SoapClient, no WSDL', format: ENCODED_12, ...php('plain', '1.2'), ...of12 },
  { name: 'PHP SoapClient, WSDL', format: LITERAL, ...php('literal', '1.1'), ...of11 },
  { name: 'PHP SoapClient, WSDL', format: LITERAL_12, ...php('literal', '1.2'), ...of12 },
  { name: 'SOAP::Lite, WSDL', format: ENCODED, ...perl('wsdl', '1.1'), ...of11 },
  { name: 'SOAP::Lite, no WSDL', format: ENCODED, ...perl('plain', '1.1'), ...of11 },
  { name: 'SOAP::Lite, WSDL', format: ENCODED_12, ...perl('wsdl', '1.2'), ...of12 },
  { name: 'SOAP::Lite, no WSDL', format: ENCODED_12, ...perl('plain', '1.2'), ...of12 },
  { name: 'SOAP::Lite, WSDL', format: LITERAL, ...perl('literal-wsdl', '1.1'), ...of11, sendsUnqualified: true },
  { name: 'SOAP::Lite, WSDL', format: LITERAL_12, ...perl('literal-wsdl', '1.2'), ...of12, sendsUnqualified: true },
  { name: 'SOAP::Lite, no WSDL', format: LITERAL, ...perl('literal', '1.1'), ...of11 },
  { name: 'SOAP::Lite, no WSDL', format: LITERAL_12, ...perl('literal', '1.2'), ...of12 },
  { name: 'gSOAP', format: ENCODED, ...gsoap('', '1.1'), ...of11, takesNil: false, unknown: '0', omitted: '0' },
  { name: 'gSOAP', format: ENCODED_12, ...gsoap('', '1.2'), ...of12, takesNil: false, unknown: '0', omitted: '0' },
  { name: 'gSOAP', format: LITERAL, ...gsoap('literal', '1.1'), ...of11, nilNumber: undefined, unknown: undefined },
  { name: 'gSOAP', format: LITERAL_12, ...gsoap('literal', '1.2'), ...of12, nilNumber: undefined, unknown: undefined },
  { name: '.NET (Mono)', format: ENCODED, ...mono('', '1.1'), ...dotNet11, ...plainNumbers, unreadable: lists },
  { name: '.NET (Mono)', format: ENCODED_12, ...mono('', '1.2'), ...dotNet12, ...plainNumbers, unreadable: lists },
  { name: '.NET (Mono)', format: LITERAL, ...mono('literal', '1.1'), ...dotNet11 },
  { name: '.NET (Mono)', format: LITERAL_12, ...mono('literal', '1.2'), ...dotNet12 },
  { name: 'Axis 1.4', format: ENCODED, ...axis(), ...of11, ...plainNumbers, serverFault: 'Server' },
  { name: 'Axis 1.4', format: ATTACHMENT, ...axis('attachment'), ...of11, ...plainNumbers, serverFault: 'Server' },
  { name: 'JAX-WS', format: LITERAL, ...jaxWs(), ...of11 },
  { name: 'JAX-WS', format: MTOM, ...jaxWs('mtom'), ...of11 },
  { name: 'suds', format: ENCODED, ...python('suds', 'wsdl'), ...of11, emptyText: 'nil' },
  { name: 'suds', format: LITERAL, ...python('suds', 'literal'), ...of11, emptyText: 'nil' },
  { name: 'zeep', format: ENCODED, ...python('zeep', 'wsdl'), ...of11, omitted: 'nil', emptyText: 'nil' },
  { name: 'zeep', format: LITERAL, ...python('zeep', 'literal'), ...of11, omitted: 'nil', emptyText: 'nil' },
  { name: 'npm soap', format: ENCODED, ...nodeSoap('', false), ...of11, readsCharsets: false },
  { name: 'npm soap', format: ENCODED_12, ...nodeSoap('', true), ...of12, readsCharsets: false },
  { name: 'npm soap', format: LITERAL, ...nodeSoap('literal', false), ...of11, readsCharsets: false },
  { name: 'npm soap', format: LITERAL_12, ...nodeSoap('literal', true), ...of12, readsCharsets: false },
  { name: 'curl', format: QUERY, requirements: curl, connect: plain('sh', 'curl.sh', 'get'), ...ofPlain },
  { name: 'curl', format: FORM, requirements: curl, connect: plain('sh', 'curl.sh', 'form'), ...ofPlain },
  {
    name: 'curl',
    format: MULTIPART,
    requirements: curl,
    connect: plain('sh', 'curl.sh', 'multipart'),
    ...ofPlain,
  },
  { name: 'curl', format: XML, requirements: curl, connect: plain('sh', 'curl.sh', 'xml'), ...ofPlain },
  {
    name: 'PHP streams',
    format: QUERY,
    requirements: phpXml,
    connect: plain('php', 'plain.php', 'get'),
    ...ofPlain,
  },
  {
    name: 'PHP streams',
    format: FORM,
    requirements: phpXml,
    connect: plain('php', 'plain.php', 'form'),
    ...ofPlain,
  },
  { name: 'PHP streams', format: XML, requirements: phpXml, connect: plain('php', 'plain.php', 'xml'), ...ofPlain },
  { name: 'Perl LWP', format: QUERY, requirements: lwp, connect: plain('perl', 'plain.pl', 'get'), ...ofPlain },
  { name: 'Perl LWP', format: FORM, requirements: lwp, connect: plain('perl', 'plain.pl', 'form'), ...ofPlain },
  {
    name: 'Perl LWP',
    format: MULTIPART,
    requirements: lwp,
    connect: plain('perl', 'plain.pl', 'multipart'),
    ...ofPlain,
  },
  { name: 'Perl LWP', format: XML, requirements: lwp, connect: plain('perl', 'plain.pl', 'xml'), ...ofPlain },
];

export const impossible: readonly Impossible[] = [
  { name: 'PHP streams', format: MULTIPART, why: 'The streams of PHP have nothing that writes a multipart form' },
  {
    name: 'JAX-WS',
    format: ENCODED,
    why: 'JAX-WS has no RPC/encoded; wsimport refuses such a WSDL and takes `?wsdl=literal`',
  },
];
