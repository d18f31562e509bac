import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { startBridgeServer } from '../../src/bootstrap/bridge-server.js';
import { loadConfig } from '../../src/config/load.js';
import { actionNames } from '../../src/core/actions.js';
import { toFault } from '../../src/core/fault.js';
import { providers } from '../../src/providers/index.js';
import { loadProvider } from '../../src/providers/load.js';
import { isObject } from '../../src/shared/json.js';
import { parseJson } from '../../src/shared/json-parser.js';
import { createUpstreams } from '../../src/upstream/client.js';
import { afterwards } from '../support/cleanup.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { startNode } from '../support/servers/process.js';
import { canned, startUpstream } from '../support/servers/upstream.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const example = join(root, 'examples/my-service.js');
const kind = await loadProvider(example);

const ada = {
  id: 7,
  username: 'ada',
  full_name: 'Ada',
  email: 'ada@example.com',
  storage: { limit: 5000, used: 12 },
};

describe('the provider of the examples', () => {
  test.each([
    [{ code: 'email_taken', message: 'Somebody else has this address.' }, 'conflict', undefined],
    [{ code: 'email_malformed', message: 'No address.' }, 'invalid', 'email'],
    [{ code: 'name_too_long', message: 'Too long.' }, 'invalid', undefined],
  ])('takes 422 %j for %s', async (body, reason, about) => {
    const upstream = await startUpstream(canned({ '/me': { status: 422, body } }));
    afterwards(upstream.close);
    const api = kind.connect({
      baseUrl: upstream.url,
      settings: {},
      send: createUpstreams({ timeoutMs: 2000 }).sendFor({ baseUrl: upstream.url }),
    });
    const fault = await api.updateAccount?.send('key-of-ada', { email: 'b' }).then(undefined, toFault);
    expect(fault).toMatchObject({ reason, about, upstreamMessage: body.message });
  });

  test('has written where the reply says nothing', async () => {
    const upstream = await startUpstream(canned({ '/me': { body: '' } }));
    afterwards(upstream.close);
    const send = createUpstreams({ timeoutMs: 2000 }).sendFor({ baseUrl: upstream.url });
    const api = kind.connect({ baseUrl: upstream.url, settings: {}, send });
    expect(await api.updateAccount?.send('key-of-ada', { email: 'b' })).toEqual({});
  });

  test.each([
    ['/me', {}],
    ['/me?workspace=a+%26+b', { workspace: 'a & b' }],
  ])('asks for %s with the settings %j', async (path, settings) => {
    const upstream = await startUpstream(canned({ [path]: { body: ada } }));
    afterwards(upstream.close);
    const send = createUpstreams({ timeoutMs: 2000 }).sendFor({ baseUrl: upstream.url });
    expect(await kind.connect({ baseUrl: upstream.url, settings, send }).readAccount('key-of-ada')).toMatchObject({
      nativeId: '7',
      spaceAmount: 5000n,
    });
    expect(upstream.received.map((request) => request.path)).toEqual([path]);
  });

  test('is as its types say', async () => {
    const flags =
      '--ignoreConfig --noEmit --allowJs --checkJs --strict --module nodenext --target es2023 --types node --skipLibCheck';
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const checked = promisify(execFile)(process.execPath, [tsc, ...flags.split(' '), example], { cwd: root });
    expect(await checked).toEqual({ stdout: '', stderr: '' });
  });

  const envelope = (action: string, parameters: string) =>
    `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><${action}>${parameters}</${action}></e:Body></e:Envelope>`;

  test.each<[string, (action: string, parameters: string) => string]>([
    ['rest', (action, parameters) => `action=${action}${parameters.replace(/<(\w+)>(.*?)<\/\1>/g, '&$1=$2')}`],
    ['xml', (action, parameters) => `<request><action>${action}</action>${parameters}</request>`],
    ['soap', envelope],
  ])('serves an old program of %s', async (format, written) => {
    const call = await serveExample();
    const own = '<api_key>my0service0000000000000000000000</api_key><auth_token>key-of-ada</auth_token>';
    const read = await call(format, written('get_account_info', own));
    expect(read).toMatchObject({ status: 'get_account_info_ok', login: 'ada', space_amount: '5000', space_used: '12' });
    const changed = await call(
      format,
      written('update_account', `${own}<name>Ada L.</name><email>ada@new.example</email>`),
    );
    expect(changed).toMatchObject({ status: 'update_account_ok', native_id: '7', email: 'ada@new.example' });
    const refused = await call(format, written('update_account', `${own}<login>lovelace</login>`));
    expect(refused).toMatchObject({ status: 'application_restricted' });
    const stranger = own.replace('key-of-ada', 'nobody');
    expect(await call(format, written('get_account_info', stranger))).toMatchObject({ status: 'not_logged_in' });
  });
});

/** A bridge as `examples/bridge.yaml` says, but on a free port and in front of a service that plays the API. */
async function serveExample() {
  let me: object = ada;
  const service = await startUpstream((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const isKnown = request.url === '/me?workspace=invoices' && request.headers['x-api-key'] === 'key-of-ada';
      const changes = request.method === 'PATCH' ? parseJson(body) : undefined;
      if (isObject(changes)) me = { ...me, ...changes };
      response.writeHead(isKnown ? 200 : 401, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(isKnown ? me : { code: 'unknown_key', message: 'Nobody has this key.' }));
    });
  });
  afterwards(service.close);
  const folder = await temporaryFolder();
  afterwards(folder.remove);
  const config = await loadConfig(join(root, 'examples/bridge.yaml'), {
    actions: actionNames,
    providers,
    loadProvider,
  });
  const here = {
    listen: { host: '127.0.0.1', port: 0 },
    store: { kind: 'sqlite', path: join(folder.path, 'bridge.db') },
    keyFile: join(folder.path, 'bridge.key'),
    applications: config.applications.map((application) => ({ ...application, baseUrl: service.url })),
  } as const;
  const bridge = await startBridgeServer({ ...config, ...here }, pino({ level: 'silent' }));
  afterwards(bridge.close);
  return async (format: string, body: string): Promise<Record<string, string>> => {
    const response = await fetch(`${bridge.url}/api/1.0/${format}`, { method: 'POST', body });
    const text = await response.text();
    return Object.fromEntries(
      [...text.matchAll(/<(\w+)[^>]*>([^<]*)<\/\1>/g)].map(([, name = '', value = '']) => [name, value]),
    );
  };
}

describe('a module', () => {
  const properties = "name: 'n', title: 't', publicBaseUrl: 'https://n.example', credential: { name: 'c', hint: 'h' }";
  const parts = 'its default export needs name, title, publicBaseUrl, credential and connect';
  const noProvider = (missing: string) => `is none: ${parts}; it lacks ${missing}`;
  const badSettings = (keys: string) =>
    `has settings that cannot be used: each needs a name in snake_case, a description and a kind (text, or choice with its choices), and a default has to be a value of it; mend ${keys}`;
  const notConnected = (missing: string) =>
    `is none: its connect has to give an object with readAccount; it lacks ${missing}`;
  const all = 'name and title and publicBaseUrl and credential and connect';
  const loadable = 'name a module that can, a file with ./ in front';

  /** The text of a module that is no provider (undefined: no module), and the rest of the message. */
  const wrong: readonly (readonly [module: string | undefined, message: string | RegExp])[] = [
    [undefined, /^cannot be loaded \(Cannot find module .*\); name a module that can, a file with .\/ in front$/],
    [
      "throw new Error('no\\n  luck\\n')",
      'cannot be loaded (no luck); name a module that can, a file with ./ in front',
    ],
    ['throw undefined', 'cannot be loaded (undefined); name a module that can, a file with ./ in front'],
    ['\nexport default {', `cannot be loaded ({}:2: Unexpected end of input); ${loadable}`],
    [
      'export default {\n  name: "n",\n  title = 2\n};',
      `cannot be loaded ({}:3: Invalid shorthand property initializer); ${loadable}`,
    ],
    [
      "import { Fault } from 'boxbridge/provider';\nimport { nope } from 'boxbridge/provider';\nexport default Fault",
      `cannot be loaded ({}:2: The requested module 'boxbridge/provider' does not provide an export named 'nope'); ${loadable}`,
    ],
    [
      "JSON.parse('{')",
      /^cannot be loaded \((?!.*\.js:)[^\n]*JSON[^\n]*\); name a module that can, a file with .\/ in front$/,
    ],
    [
      "import 'no-such-package'",
      /^cannot be loaded \(Cannot find package 'no-such-package' .*\); name a module that can, a file with .\/ in front$/,
    ],
    [`export const it = { ${properties}, connect: () => ({}) }`, noProvider(all)],
    ['export default null', noProvider(all)],
    ['export default () => {}', noProvider(all)],
    [`export default { ${properties}, name: '', connect: () => ({}) }`, noProvider('name')],
    [`export default { ${properties}, credential: { name: 'c' }, connect: () => ({}) }`, noProvider('credential.hint')],
    ...[
      ["url: 'docs'", 'credential.url'],
      ["url: 'javascript:alert(1)'", 'credential.url'],
      ["translations: 'de'", 'credential.translations'],
      ["translations: { it: { name: 'n', hint: 'h' } }", 'credential.translations.it'],
      ["translations: { de: { name: 'n' } }", 'credential.translations.de.hint'],
      ['translations: { de: null }', 'credential.translations.de'],
    ].map(
      ([more = '', lacking = '']) =>
        [
          `export default { ${properties}, credential: { name: 'c', hint: 'h', ${more} }, connect: () => ({}) }`,
          noProvider(lacking),
        ] as const,
    ),
    [`export default { ${properties} }`, noProvider('connect')],
    ...[
      '{}',
      '[1]',
      "[{ reason: 'odd' }]",
      "[{ status: 404, reason: 'missing' }]",
      "[{ of: [1], reason: 'missing' }]",
      "[{ body: 'no', reason: 'missing' }]",
      "[{ by: 'api', reason: 'missing' }]",
    ].map(
      (rows) =>
        [`export default { ${properties}, refusals: ${rows}, connect: () => ({}) }`, noProvider('refusals')] as const,
    ),
    ...["'GET /'", '[]', '{ readAccount: 1 }'].map(
      (requests) =>
        [
          `export default { ${properties}, requests: ${requests}, connect: () => ({}) }`,
          noProvider('requests'),
        ] as const,
    ),
    ['export default { connect() {} }', noProvider('name and title and publicBaseUrl and credential')],
    ...[
      ['[]', 'settings'],
      ['null', 'settings'],
      ["'a'", 'settings'],
      ["{ aB: { kind: 'text', description: 'd' } }", 'settings.aB'],
      ["{ a_: { kind: 'text', description: 'd' } }", 'settings.a_'],
      ["{ a: { kind: 'number', description: 'd' } }", 'settings.a'],
      ["{ a: { kind: 'text' }, b: { kind: 'text', description: 'd' }, c: 1 }", 'settings.a and settings.c'],
      ["{ a: { kind: 'text', description: 'd', default: 1 } }", 'settings.a'],
      ["{ a: { kind: 'choice', description: 'd' } }", 'settings.a'],
      ["{ a: { kind: 'choice', description: 'd', choices: [] } }", 'settings.a'],
      ["{ a: { kind: 'choice', description: 'd', choices: ['b', 1] } }", 'settings.a'],
      ["{ a: { kind: 'choice', description: 'd', choices: ['b'], default: 'c' } }", 'settings.a'],
    ].map(
      ([settings, keys = '']) =>
        [`export default { ${properties}, settings: ${settings}, connect: () => ({}) }`, badSettings(keys)] as const,
    ),
    [
      `export default { ${properties}, name: 'golem', connect: () => ({}) }`,
      'has the name golem, which is taken; give it another',
    ],
    [`export default { ${properties}, connect: () => undefined }`, notConnected('readAccount')],
    [`export default { ${properties}, connect: () => ({}) }`, notConnected('readAccount')],
    [`export default { ${properties}, connect: async () => ({ readAccount() {} }) }`, notConnected('readAccount')],
    [
      `export default { ${properties}, connect: () => ({ readAccount() {}, updateAccount: async () => {}, readPlan: 1 }) }`,
      notConnected('updateAccount.fields and updateAccount.send and readPlan'),
    ],
    [
      `export default { ${properties}, connect: () => { throw new Error('no way') } }`,
      'cannot connect (no way); mend it',
    ],
  ];

  async function folderWith(modules: readonly (string | undefined)[]): Promise<string> {
    const { path, remove } = await temporaryFolder();
    afterwards(remove);
    await writeFile(join(path, 'package.json'), '{ "type": "module" }');
    for (const [index, module] of modules.entries()) {
      if (module !== undefined) await writeFile(join(path, `${index}.js`), module);
    }
    return path;
  }

  // In a process of its own, since jest imports modules in its own way.
  test('that is no provider is refused in one line', async () => {
    const folder = await folderWith(wrong.map(([module]) => module));
    const files = wrong.map((_, index) => join(folder, `${index}.js`));
    const script = `import { loadProvider, provideSdk } from ${JSON.stringify(join(root, 'dist/src/providers/load.js'))};
      provideSdk();
      const use = async (file) => (await loadProvider(file)).connect({ baseUrl: 'http://127.0.0.1:9' });
      const outcome = (file) => use(file).then(() => 'is good', (error) => error.message);
      console.log((await Promise.all(${JSON.stringify(files)}.map(outcome))).join('\\n'));`;
    const { stdout } = await startNode(folder, '--input-type=module', '-e', script).end;
    const messages = stdout.split('\n');
    for (const [index, [, expected]] of wrong.entries()) {
      const [before, rest] = messages[index]?.split(`provider ${files[index]} `) ?? [];
      expect(before).toBe('');
      if (typeof expected === 'string') expect(rest).toBe(expected.replace('{}', files[index] ?? ''));
      else expect(rest).toMatch(expected);
    }
  });

  test.each<[module: string | undefined, message: string, own?: string]>([
    [undefined, 'cannot be loaded'],
    ["throw new Error('no\\n  luck\\n')", 'cannot be loaded (no luck)'],
    ['export default null', parts],
    [`export default { ${properties}, connect: () => ({}) }`, 'readAccount'],
    ["throw new Error('no luck')", 'cannot be loaded (no luck)', 'workspace: w, '],
  ])('ends serve in one line and with 1: %s', async (module, message, own = '') => {
    const folder = await folderWith([module]);
    const application = `{ api_key: k, provider: ./0.js, ${own}base_url: "http://127.0.0.1:9" }`;
    await writeFile(join(folder, 'bridge.yaml'), `listen: { port: 0 }\napplications: [${application}]\n`);
    const serving = startNode(folder, join(root, 'dist/src/cli.js'), 'serve', '--config', 'bridge.yaml');
    const { code, stdout, stderr } = await serving.end;
    expect(stderr).toMatch(/^boxbridge: provider [^\n]+\n$/);
    expect(stderr).toContain(message);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });
});
