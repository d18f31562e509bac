import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClientAsync } from 'soap';
import { messageOf } from '../../src/shared/errors.js';
import { type Client, run, source, startProgram } from './programs.js';
import type { Exchange } from './recorder.js';
import type { Requirement } from './requirements.js';
import { xmllint } from './xmllint.js';

/** An independent program that calls the bridge in one format. */
export interface Stack {
  readonly name: string;
  readonly format: string;
  readonly requirements: readonly Requirement[];
  /** Makes the stack ready to call the bridge at a URL; whatever files it needs go into the folder. */
  readonly connect: (bridge: string, folder: string) => Promise<Client>;
  /** Whether it reads a reply with a nil number; if not, the bridge leaves the number out. REST and XML have none. */
  readonly takesNil: boolean;
  /** What its programs see of a nil number, where it takes one. */
  readonly nilNumber: string | undefined;
  /** What they see of one that is unknown. */
  readonly unknown: string | undefined;
  /** What they see of one that is left out. */
  readonly omitted: string | undefined;
  /** What they see of something else that is unknown. */
  readonly nothing: string;
  /** The code of a fault that is the server's; undefined where the format has no faults. */
  readonly serverFault: string | undefined;
  /** Whether the texts of a reply that is not in UTF-8 come right. */
  readonly readsCharsets: boolean;
  /** It leaves the namespace of the elements away that the schema of document/literal gives them. */
  readonly sendsUnqualified?: true;
}

/** What a stack cannot do at all, and why; it is not tried. */
export interface Impossible {
  readonly name: string;
  readonly format: string;
  readonly why: string;
}

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
const gsoapTools: Requirement[] = [
  { what: 'wsdl2h', debian: 'gsoap', probe: ['wsdl2h', '-V'] },
  { what: 'soapcpp2', debian: 'gsoap', probe: ['soapcpp2', '-V'] },
  { what: 'gcc', debian: 'gcc', probe: ['gcc', '--version'] },
  {
    what: 'stdsoap2.h',
    debian: 'libgsoap-dev libc6-dev',
    probe: ['gcc', '-fsyntax-only', '-x', 'c', '-'],
    input: '#include <stdsoap2.h>\n',
  },
];

const ENCODED = 'SOAP 1.1 RPC/encoded';
const ENCODED_12 = 'SOAP 1.2 RPC/encoded';
const LITERAL = 'SOAP 1.1 document/literal';
const LITERAL_12 = 'SOAP 1.2 document/literal';
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

/** What most of the stacks of SOAP have in common. */
const usual = {
  takesNil: true,
  nilNumber: 'nil',
  unknown: 'nil',
  omitted: undefined,
  nothing: 'nil',
  readsCharsets: true,
} as const;
const of11 = { ...usual, serverFault: 'SOAP-ENV:Server' } as const;
const of12 = { ...usual, serverFault: 'SOAP-ENV:Receiver' } as const;
const ofPlain = { ...usual, takesNil: false, unknown: '0', omitted: '0', nothing: '', serverFault: undefined } as const;

function php(mode: string, version: '1.1' | '1.2'): Pick<Stack, 'requirements' | 'connect'> {
  return {
    requirements: phpSoap,
    connect: async (bridge) => startProgram('php', source('php-soap-client.php'), mode, version, bridge),
  };
}

function perl(mode: string, version: '1.1' | '1.2'): Pick<Stack, 'requirements' | 'connect'> {
  return {
    requirements: soapLite,
    connect: async (bridge) => startProgram('perl', source('soap-lite.pl'), mode, version, bridge),
  };
}

const GSOAP_FILES = ['soapC.c', 'soapClient.c', '-lgsoap'];

function gsoap(style: '' | 'literal', version: '1.1' | '1.2'): Pick<Stack, 'requirements' | 'connect'> {
  return {
    requirements: gsoapTools,
    connect: async (bridge, folder) => {
      const wsdl = await fetch(`${bridge}/api/1.0/soap?wsdl=${style}`);
      await writeFile(join(folder, 'box.wsdl'), await wsdl.text());
      await run('wsdl2h', ['-c', '-w', '-o', 'box.h', 'box.wsdl'], folder);
      await run('soapcpp2', [...(version === '1.2' ? ['-2'] : []), '-c', '-C', '-L', 'box.h'], folder);
      const defined = style === 'literal' ? ['-DLITERAL'] : [];
      await run('gcc', ['-I.', '-o', 'client', ...defined, source('gsoap.c'), ...GSOAP_FILES], folder);
      return startProgram(join(folder, 'client'), bridge);
    },
  };
}

function nodeSoap(style: '' | 'literal', forceSoap12Headers: boolean): Pick<Stack, 'requirements' | 'connect'> {
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
];
