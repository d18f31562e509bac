import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { type ActionName, actionNames } from '../../src/core/actions.js';
import { openWsdl } from '../../src/protocols/soap/wsdl.js';
import { previstoAccounts } from '../../src/sandbox/previsto.js';
import { sandboxPaths, startSandbox } from '../../src/sandbox/sandbox.js';
import { afterwards } from '../support/cleanup.js';
import { startBridge, temporaryFolder } from '../support/servers/bridge.js';
import { describeWith } from './requirements.js';
import { invalidity, invalidMessages, xmllint } from './xmllint.js';

const grammar = fileURLToPath(new URL('../../../test/fixtures/wsdl/wsdl11.rng', import.meta.url));
const { textAt } = await openWsdl();
const served = { encoded: textAt('https://box.example.com'), literal: textAt('https://box.example.com', 'literal') };
type Style = keyof typeof served;
const styles: readonly Style[] = ['encoded', 'literal'];

async function folderOf(): Promise<string> {
  const folder = await temporaryFolder();
  afterwards(folder.remove);
  return folder.path;
}

/** Mutations after which a WSDL is invalid; each applies to both WSDLs. */
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
  test.each(styles)('accepts the WSDL of %s', async (style) => {
    expect(await invalidity('--relaxng', grammar, await folderOf(), [served[style]])).toBe('');
  });

  test.each(styles)('rejects every mutation of the WSDL of %s', async (style) => {
    const folder = await folderOf();
    for (const [what, from, to] of mutations) {
      const mutant = served[style].replace(from, to);
      expect([what, mutant]).not.toEqual([what, served[style]]);
      expect([what, await invalidity('--relaxng', grammar, folder, [mutant])]).not.toEqual([what, '']);
    }
  });

  test('requires the encodingStyle of encoded messages', async () => {
    const mutant = served.encoded.replace(/ encodingStyle="[^"]+"/, '');
    expect(await invalidity('--relaxng', grammar, await folderOf(), [mutant])).not.toBe('');
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

  test.each(versions)('accepts every reply of SOAP %s, of success and of failure', async (version) => {
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
  ])('rejects %s', async (_what, from, to) => {
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
