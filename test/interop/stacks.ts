import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createClientAsync } from 'soap';
import { messageOf } from '../../src/errors.js';
import type { Requirement } from './requirements.js';

/**
 * What a stack makes of a reply, by element name, items of lists with their place (`attributes.0.name`); a nil one is
 * `nil`. Of a fault only `fault`: its code and its text.
 */
export type Outcome = Readonly<Record<string, string>>;

/** Calls an action with its api_key and, where it takes one, its auth_token. */
export type Call = (action: string, ...credentials: string[]) => Promise<Outcome>;

/** An independent implementation of SOAP. */
export interface Stack {
  readonly name: string;
  readonly requirements: readonly Requirement[];
  /** Makes the stack ready to call the bridge at a URL; whatever files it needs go into the folder. */
  readonly connect: (bridge: string, folder: string) => Promise<Call>;
  /** Whether it reads a reply with a nil number; if not, the bridge leaves the number out. */
  readonly takesNil: boolean;
  /** What its programs see of a number that is left out. */
  readonly omitted: string | undefined;
}

const execute = promisify(execFile);

// The bridge is on this machine, whatever proxy its owner has for what is not.
process.env.no_proxy = '127.0.0.1';
const surroundings = { timeout: 20_000, env: process.env };

/** The path of a client's source, which tsc does not copy to where this runs. */
function source(file: string): string {
  return fileURLToPath(new URL(`../../../test/interop/${file}`, import.meta.url));
}

/** Calls with a program that takes action, api_key and auth_token behind its other parameters. */
function callWith(program: string, ...parameters: string[]): Call {
  return async (action, ...credentials) => {
    const { stdout } = await execute(program, [...parameters, action, ...credentials], surroundings);
    return outcomeOf(stdout);
  };
}

function outcomeOf(output: string): Outcome {
  const lines = output.trimEnd().split('\n');
  return Object.fromEntries(
    lines.map((line) => {
      const [, key, value] = /^([\w.]+)=(.*)$/.exec(line) ?? [];
      if (key === undefined || value === undefined) throw new Error(`not an outcome: ${output}`);
      return [key, value];
    }),
  );
}

const phpSoap: Requirement[] = [
  { what: 'php', debian: 'php-cli', probe: ['php', '-v'] },
  { what: 'the soap extension of PHP', debian: 'php-soap', probe: ['php', '-m'], output: /^soap$/m },
];

function php(mode: 'wsdl' | 'plain'): Pick<Stack, 'requirements' | 'connect'> {
  return {
    requirements: phpSoap,
    connect: async (bridge) => callWith('php', source('php-soap-client.php'), mode, bridge),
  };
}

const soapLite: Requirement[] = [
  { what: 'SOAP::Lite of Perl', debian: 'libsoap-lite-perl', probe: ['perl', '-MSOAP::Lite', '-e1'] },
];

function perl(mode: 'wsdl' | 'plain'): Pick<Stack, 'requirements' | 'connect'> {
  return {
    requirements: soapLite,
    connect: async (bridge) => callWith('perl', source('soap-lite.pl'), mode, bridge),
  };
}

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

async function compileGsoap(bridge: string, folder: string): Promise<Call> {
  const here = { ...surroundings, cwd: folder };
  const wsdl = await fetch(`${bridge}/api/1.0/soap?wsdl`);
  await writeFile(join(folder, 'box.wsdl'), await wsdl.text());
  await execute('wsdl2h', ['-c', '-o', 'box.h', 'box.wsdl'], here);
  await execute('soapcpp2', ['-c', '-C', '-L', 'box.h'], here);
  await execute('gcc', ['-I.', '-o', 'client', source('gsoap.c'), 'soapC.c', 'soapClient.c', '-lgsoap'], here);
  return callWith(join(folder, 'client'), bridge);
}

async function connectNodeSoap(bridge: string): Promise<Call> {
  const client = await createClientAsync(`${bridge}/api/1.0/soap?wsdl`, {
    handleNilAsNull: true,
    attributesKey: ATTRIBUTES,
  });
  return async (action, ...[apiKey, authToken]) => {
    try {
      const [reply]: unknown[] = await client[`${action}Async`]({ api_key: apiKey, auth_token: authToken });
      return Object.fromEntries(valuesIn(reply));
    } catch (error) {
      return { fault: messageOf(error).replace(': ', ' ') };
    }
  };
}

/** Where the package puts the attributes of an element; where it does by default, an account has its own. */
const ATTRIBUTES = '$attributes';

/** The package gives an element that has attributes with them, or its text as `$value` beside them. */
function valuesIn(element: unknown, place = ''): [string, string][] {
  return Object.entries(Object(element)).flatMap(([name, content]: [string, unknown]): [string, string][] => {
    if (name === ATTRIBUTES) return [];
    if (content === null) return [[place + name, 'nil']];
    if (typeof content !== 'object') return [[place + name, String(content)]];
    if ('$value' in content) return [[place + name, String(content.$value)]];
    if (!('item' in content)) return valuesIn(content, place);
    return [content.item].flat().flatMap((item, index) => valuesIn(item, `${place}${name}.${index}.`));
  });
}

export const stacks: readonly Stack[] = [
  { name: 'PHP SoapClient with the WSDL', ...php('wsdl'), takesNil: true, omitted: undefined },
  { name: 'PHP SoapClient without the WSDL', ...php('plain'), takesNil: true, omitted: undefined },
  { name: 'SOAP::Lite with the WSDL', ...perl('wsdl'), takesNil: true, omitted: undefined },
  { name: 'SOAP::Lite without the WSDL', ...perl('plain'), takesNil: true, omitted: undefined },
  { name: 'gSOAP', requirements: gsoapTools, connect: compileGsoap, takesNil: false, omitted: '0' },
  { name: 'the npm package soap', requirements: [], connect: connectNodeSoap, takesNil: true, omitted: undefined },
];
