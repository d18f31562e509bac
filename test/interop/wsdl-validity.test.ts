import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { type Action, type ActionName, actionNames, actions } from '../../src/core/actions.js';
import { readDocument, type XmlElement } from '../../src/protocols/document/reader.js';
import { loadWsdl } from '../../src/protocols/soap/wsdl.js';
import { previstoAccounts } from '../../src/sandbox/previsto.js';
import { sandboxPaths, startSandbox } from '../../src/sandbox/sandbox.js';
import { afterwards } from '../support/cleanup.js';
import { startBridge, temporaryFolder } from '../support/servers/bridge.js';
import { describeWith } from './requirements.js';
import { invalidity, invalidMessages, xmllint } from './xmllint.js';

const grammar = fileURLToPath(new URL('../../../test/fixtures/wsdl/wsdl11.rng', import.meta.url));
const { textAt } = await loadWsdl();
const served = { encoded: textAt('https://box.example.com'), literal: textAt('https://box.example.com', 'literal') };
type Style = keyof typeof served;
const styles: readonly Style[] = ['encoded', 'literal'];

const WSDL = 'http://schemas.xmlsoap.org/wsdl/';
const SOAP = 'http://schemas.xmlsoap.org/wsdl/soap/';
const XSD = 'http://www.w3.org/2001/XMLSchema';

async function folderOf(): Promise<string> {
  const folder = await temporaryFolder();
  afterwards(folder.remove);
  return folder.path;
}

/** Changes of a WSDL after which it is none, each of what both have. */
const mutations: readonly [what: string, from: RegExp, to: string][] = [
  ['a message without a name', /<message name="\w+"/, '<message'],
  ['a name that is none', /<message name="/, '<message name="1 '],
  ['a part without a name', /<part name="\w+"/, '<part'],
  ['a part of no type', /(<part name="\w+") \w+="[^"]+"/, '$1'],
  ['a part of two types', /<part /, '<part type="xsd:string" element="tns:logout" '],
  ['an operation without messages', /(<portType [\s\S]*?<operation name="\w+")>[\s\S]*?<\/operation>/, '$1/>'],
  ['an input without a message', /<input message="[^"]+"/, '<input'],
  ['a binding of no type', /(<binding name="\w+") type="[^"]+"/, '$1'],
  ['a binding without its protocol', /<soap:binding [^>]+>/, ''],
  ['an unknown style', /style="\w+"/, 'style="other"'],
  ['an unknown use', /use="\w+"/, 'use="other"'],
  ['no use', / use="\w+"/, ''],
  ['no body', /<soap:body [^>]+>/, ''],
  ['two bodies', /(<soap:body [^>]+>)/, '$1$1'],
  ['an operation of SOAP at the wrong place', /<portType [^>]+>/, '$&<soap:operation/>'],
  ['a port without an address', /<soap:address [^>]+>/, ''],
  ['an address without a location', / location="[^"]+"/, ''],
  ['a port of no binding', /(<port name="\w+") binding="[^"]+"/, '$1'],
  ['an unknown element', /<types>/, '<type/><types>'],
  ['an unknown attribute', /<message /, '<message type="x" '],
  ['two types', /<types>/, '<types/><types>'],
  ['another root', /definitions/g, 'definition'],
];

describeWith([xmllint], 'the grammar of WSDL 1.1', () => {
  test.each(styles)('takes the WSDL of %s', async (style) => {
    expect(await invalidity('--relaxng', grammar, await folderOf(), [served[style]])).toBe('');
  });

  test.each(styles)('does not take the WSDL of %s with what is wrong', async (style) => {
    const folder = await folderOf();
    for (const [what, from, to] of mutations) {
      const broken = served[style].replace(from, to);
      expect([what, broken]).not.toEqual([what, served[style]]);
      expect([what, await invalidity('--relaxng', grammar, folder, [broken])]).not.toEqual([what, '']);
    }
  });

  test('knows that what is encoded says how', async () => {
    const broken = served.encoded.replace(/ encodingStyle="[^"]+"/, '');
    expect(await invalidity('--relaxng', grammar, await folderOf(), [broken])).not.toBe('');
  });
});

const attributeOf = ({ attributes }: XmlElement, name: string) =>
  attributes.find(({ local, namespace }) => local === name && namespace === undefined)?.value;
const childrenOf = (element: XmlElement | undefined, name: string, namespace = WSDL) =>
  (element?.children ?? []).filter((child) => child.local === name && child.namespace === namespace);
const namesOf = (elements: readonly XmlElement[]) => elements.map((element) => attributeOf(element, 'name') ?? '');
const named = (elements: readonly XmlElement[], name: string) =>
  elements.find((element) => attributeOf(element, 'name') === name);
const everyElement = (element: XmlElement): XmlElement[] => [element, ...element.children.flatMap(everyElement)];

describe.each(styles)('the WSDL of %s', (style) => {
  const text = served[style];
  const definitions = readDocument(text, { depth: 32, namespaces: true });
  const prefixes = new Map([...text.matchAll(/xmlns:(\w+)="([^"]*)"/g)].map(([, prefix, uri]) => [prefix, uri]));
  const target = attributeOf(definitions, 'targetNamespace');
  const of = (name: string) => childrenOf(definitions, name);
  const schema = childrenOf(of('types')[0], 'schema', XSD)[0];
  const [portType] = of('portType');
  const [binding] = of('binding');

  /** What a name in the attribute of elements refers to, as `{namespace}local`. */
  const references = (elements: readonly XmlElement[], attribute: string) =>
    elements
      .map((element) => attributeOf(element, attribute))
      .filter((name) => name !== undefined)
      .map((name) => {
        const [, prefix, local] = /^(\w+):(\w+)$/.exec(name) ?? [];
        return `{${prefixes.get(prefix)}}${local}`;
      });
  const targets = (elements: readonly XmlElement[]) => namesOf(elements).map((name) => `{${target}}${name}`);
  const expectAll = (used: readonly string[], there: readonly string[]) => {
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((name) => !there.includes(name))).toEqual([]);
  };

  test('has one namespace, of its schema too', () => {
    expect(schema && attributeOf(schema, 'targetNamespace')).toBe(target);
  });

  test('needs nothing from elsewhere', () => {
    const everything = everyElement(definitions);
    expect(everything.filter(({ local }) => /^(import|include|redefine)$/.test(local))).toEqual([]);
    expect(everything.flatMap(({ attributes }) => attributes.map(({ local }) => local))).not.toContain(
      'schemaLocation',
    );
  });

  test('names nothing twice', () => {
    const groups = [
      ...['message', 'portType', 'binding', 'service'].map(of),
      ...of('message').map((message) => childrenOf(message, 'part')),
      ...[portType, binding].map((each) => childrenOf(each, 'operation')),
      ...['complexType', 'element'].map((kind) => childrenOf(schema, kind, XSD)),
    ];
    for (const names of groups.map(namesOf)) expect(new Set(names).size).toBe(names.length);
  });

  test('refers to messages, types, elements, port types and bindings that there are', () => {
    const operations = childrenOf(portType, 'operation');
    const parts = of('message').flatMap((message) => childrenOf(message, 'part'));
    const types = [
      ...targets(childrenOf(schema, 'complexType', XSD)),
      ...['string', 'int', 'long'].map((simple) => `{${XSD}}${simple}`),
    ];
    expectAll(
      references(
        operations.flatMap(({ children }) => children),
        'message',
      ),
      targets(of('message')),
    );
    expectAll([...references(parts, 'type'), ...references(schema ? everyElement(schema) : [], 'type')], types);
    if (style === 'literal') expectAll(references(parts, 'element'), targets(childrenOf(schema, 'element', XSD)));
    expectAll(references(of('binding'), 'type'), targets(of('portType')));
    expectAll(references(childrenOf(of('service')[0], 'port'), 'binding'), targets(of('binding')));
  });

  test('binds every operation, with a SOAPAction of its own', () => {
    const bound = childrenOf(binding, 'operation');
    expect(namesOf(bound)).toEqual(namesOf(childrenOf(portType, 'operation')));
    const soapActions = bound.map((each) => attributeOf(childrenOf(each, 'operation', SOAP)[0] ?? each, 'soapAction'));
    expect(new Set(soapActions).size).toBe(actionNames.length);
    expect(bound.map(({ children }) => children.map(({ local }) => local))).toEqual(
      bound.map(() => ['operation', 'input', 'output']),
    );
  });

  test('says where the bridge is', () => {
    expect(text.match(/location="[^"]*"/g)).toEqual(['location="https://box.example.com/api/1.0/soap"']);
  });
});

/** The elements that a literal message has, of the schema. */
function literalParts(name: string): XmlElement[] {
  const definitions = readDocument(served.literal, { depth: 32, namespaces: true });
  const schema = childrenOf(childrenOf(definitions, 'types')[0], 'schema', XSD)[0];
  const element = named(childrenOf(schema, 'element', XSD), name);
  return childrenOf(childrenOf(childrenOf(element, 'complexType', XSD)[0], 'sequence', XSD)[0], 'element', XSD);
}

function encodedParts(name: string): XmlElement[] {
  const definitions = readDocument(served.encoded, { depth: 32, namespaces: true });
  return childrenOf(named(childrenOf(definitions, 'message'), name), 'part');
}

const mayLack = (part: XmlElement) => [attributeOf(part, 'minOccurs'), attributeOf(part, 'nillable')];

describe.each(actionNames)('the literal WSDL on %s', (name) => {
  const { parameters }: Action = actions[name];

  test('has the parts of RPC, in order', () => {
    expect(namesOf(literalParts(name))).toEqual(namesOf(encodedParts(`${name}Request`)));
    expect(namesOf(literalParts(`${name}Response`))).toEqual(namesOf(encodedParts(`${name}Response`)));
  });

  test('requires what the action requires', () => {
    const [apiKey, ...others] = literalParts(name).map(mayLack);
    expect(apiKey).toEqual([undefined, undefined]);
    const expected = Object.values(parameters).map((need) =>
      need === 'required' ? [undefined, undefined] : ['0', 'true'],
    );
    expect(others).toEqual(expected);
  });

  test('promises the status, and of a failure nothing else', () => {
    const [status, ...others] = literalParts(`${name}Response`).map(mayLack);
    expect(status).toEqual([undefined, undefined]);
    expect(others).toEqual(others.map(() => ['0', 'true']));
  });
});

const ENVELOPES = {
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
};
type Version = keyof typeof ENVELOPES;

function literalRequest(version: Version, action: ActionName, values: Readonly<Record<string, string>>): string {
  const inside = Object.entries(values).map(([name, value]) => `<${name}>${value}</${name}>`);
  const operation = `<${action} xmlns="urn:boxnet:literal">${inside.join('')}</${action}>`;
  return `<e:Envelope xmlns:e="${ENVELOPES[version]}"><e:Body>${operation}</e:Body></e:Envelope>`;
}

describeWith([xmllint], 'the schema of the literal WSDL', () => {
  const versions: readonly Version[] = ['1.1', '1.2'];

  test.each(versions)('has every reply of SOAP %s, whatever comes of a call', async (version) => {
    const sandbox = await startSandbox({ host: '127.0.0.1', port: 0 });
    afterwards(sandbox.close);
    const previsto = { provider: 'previsto', base_url: sandbox.url + sandboxPaths.previsto };
    const golem = { provider: 'golem', base_url: sandbox.url + sandboxPaths.golem };
    const bridge = await startBridge({
      applications: [
        ...['nil', 'omit', 'zero'].map((unknown_numbers) => ({
          api_key: unknown_numbers,
          ...previsto,
          unknown_numbers,
        })),
        { api_key: 'vault', ...golem, credentials: 'vault' },
        { api_key: 'golem', ...golem },
      ],
    });
    afterwards(bridge.close);
    const token = previstoAccounts.john.key;
    const calls = actionNames.flatMap((action): [ActionName, Record<string, string>][] => [
      ...['nil', 'omit', 'zero', 'vault', 'golem', 'unknown']
        .flatMap((api_key) => [
          [action, { api_key, auth_token: 'wrong', ticket: 'wrong', name: 'a', email: 'b', user_id: '9' }] as const,
          [action, { api_key, auth_token: token, email: 'john@doe.com' }] as const,
        ])
        .map(([name, values]): [ActionName, Record<string, string>] => [name, values]),
      [action, {}],
    ]);
    const replies: string[] = [];
    for (const [action, values] of calls) {
      const reply = await fetch(`${bridge.url}/api/1.0/soap`, {
        method: 'POST',
        body: literalRequest(version, action, values),
      });
      replies.push(await reply.text());
    }
    const statuses = new Set(replies.map((reply) => /<ns4:status>(\w+)</.exec(reply)?.[1]));
    for (const status of ['not_logged_in', 'wrong_input', 'application_restricted', 'get_account_info_ok']) {
      expect(statuses).toContain(status);
    }
    expect(await invalidMessages(served.literal, version, await folderOf(), replies)).toBe('');
  });

  test.each([
    ['a number that is none', /(<\w+:access_id>)/, '$1x'],
    ['an element that is not there', /<(\w+:)?status>\w+<\/\1status>/, ''],
    ['one that is unknown', /(<\w+:status>)/, '<ns4:other/>$1'],
    ['another order', /(<(\w+:)status>.*<\/\2status>)(<\2user>.*<\/\2user>)/, '$3$1'],
    ['no namespace', /ns4:login/g, 'login'],
  ])('does not have %s', async (_what, from, to) => {
    const user = '<ns4:login/><ns4:email/><ns4:access_id>1</ns4:access_id><ns4:user_id>1</ns4:user_id>';
    const inside = `<ns4:status>get_account_info_ok</ns4:status><ns4:user>${user}</ns4:user>`;
    const reply = literalRequest('1.1', 'get_account_info', {})
      .replaceAll('get_account_info', 'ns4:get_account_infoResponse')
      .replace('xmlns=', 'xmlns:ns4=')
      .replace('></ns4:', `>${inside}</ns4:`);
    const folder = await folderOf();
    expect(await invalidMessages(served.literal, '1.1', folder, [reply])).toBe('');
    expect(reply.replace(from, to)).not.toBe(reply);
    expect(await invalidMessages(served.literal, '1.1', folder, [reply.replace(from, to)])).toContain('0.xml');
  });
});
