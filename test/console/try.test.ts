import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { languages } from '../../src/console/snippets.js';
import { type CallRequest, formats } from '../../src/console/try-request.js';
import { actionNames } from '../../src/core/actions.js';
import { describeWith, type Requirement } from '../interop/requirements.js';
import { afterwards } from '../support/cleanup.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { API_KEY, AUTH_TOKEN, ask, startConsole } from '../support/servers/console.js';
import { startUpstream } from '../support/servers/upstream.js';

const tryIt = (admin: string, fields: Record<string, string>) =>
  ask(`${admin}/console/try`, { method: 'POST', body: `${new URLSearchParams({ application: '0', ...fields })}` });

test.each(Object.keys(formats))('every action is tried in the format %s', async (format) => {
  const { admin } = await startConsole();
  for (const action of actionNames) {
    const { status, body } = await tryIt(admin, { format, action, 'parameter.auth_token': AUTH_TOKEN });
    expect([action, status]).toEqual([action, 200]);
    expect(body).toMatch(action === 'get_account_info' ? 'get_account_info_ok' : /status|Fault/);
    for (const { name } of languages) expect(body).toContain(`<summary>${name}</summary>`);
    for (const secret of [API_KEY, AUTH_TOKEN]) expect(body).not.toContain(secret);
    expect(body).toContain('API_KEY');
  }
});

test('a token that is issued is not shown', async () => {
  const { admin } = await startConsole({ application: { provider: 'previsto', credentials: 'vault' } });
  const { body } = await tryIt(admin, {
    ...{ format: 'xml', action: 'authorization' },
    ...{ 'parameter.login': 'john', 'parameter.password': AUTH_TOKEN },
  });
  expect(body).toContain('&lt;status&gt;logged&lt;/status&gt;');
  expect(body).toContain('&lt;auth_token&gt;•••&lt;/auth_token&gt;');
  expect(body).not.toContain(AUTH_TOKEN);
});

test('code alone calls nothing', async () => {
  const { admin } = await startConsole();
  const { body } = await tryIt(admin, { format: 'rest', action: 'get_account_info', do: 'code' });
  expect(body).toContain('To paste');
  expect(body).not.toContain('Reply, after');
  expect((await ask(`${admin}/console/calls`)).body).not.toContain('<tr id=');
});

test('what names nothing is tried as the first of all', async () => {
  const { admin } = await startConsole();
  const { status, body } = await tryIt(admin, { application: '99', format: '__proto__', action: 'constructor' });
  expect(status).toBe(200);
  expect(body).toContain('GET /api/1.0/rest?action=get_account_info');
  expect((await ask(`${admin}/console/try`, { method: 'POST', body: 'x'.repeat(70_000) })).status).toBe(413);
});

/** All that one of the languages might take for its own. */
const HARD = `a'b"c\\d\`e$f@g%h{i}[j]??=#k\\u0041 \\n&<l>ä€😀 \u2028~$(id) !x\\\\\\'y`;

const programs: readonly (Requirement & {
  readonly name: string;
  readonly file: string;
  readonly run: (file: string) => readonly (readonly [program: string, ...parameters: string[]])[];
})[] = [
  { name: 'curl', file: 'call.sh', run: (file) => [['sh', file]], ...needs('curl', 'curl') },
  { name: 'PHP', file: 'call.php', run: (file) => [['php', file]], ...needs('php', 'php-cli') },
  { name: 'Perl', file: 'call.pl', run: (file) => [['perl', file]], ...needs('perl', 'perl') },
  { name: 'Java', file: 'BoxCall.java', run: (file) => [['java', file]], ...needs('java', 'default-jdk', '-version') },
  {
    name: 'C#',
    file: 'call.cs',
    run: (file) => [
      ['mcs', `-out:${file}.exe`, file],
      ['mono', `${file}.exe`],
    ],
    ...needs('mcs', 'mono-mcs'),
  },
  {
    name: 'C',
    file: 'call.c',
    run: (file) => [['cc', '-o', `${file}.out`, file, '-lcurl'], [`${file}.out`]],
    what: 'libcurl',
    debian: 'libcurl4-openssl-dev',
    probe: ['sh', '-c', 'echo "#include <curl/curl.h>" | cc -fsyntax-only -xc -'],
  },
];

function needs(what: string, debian: string, option = '--version'): Requirement {
  return { what, debian, probe: [what, option] };
}

for (const { name, file, run, ...requirement } of programs) {
  describeWith([requirement], `the snippet in ${name}`, () => {
    test.each(Object.entries(formats))(
      'sends what the format %s says, to the byte',
      async (_format, { request }) => {
        const upstream = await startUpstream(
          (_request, response) => void response.writeHead(500).end('the reply of it'),
        );
        afterwards(upstream.close);
        const { path, remove } = await temporaryFolder();
        afterwards(remove);
        const wanted: CallRequest = request(upstream.url, 'update_account', [
          ['api_key', 'API_KEY'],
          ['name', HARD],
        ]);
        const language = languages.find((each) => each.name === name);
        await writeFile(join(path, file), language?.write(wanted) ?? '');
        let output = '';
        for (const [program, ...parameters] of run(join(path, file))) {
          output = (await promisify(execFile)(program, parameters, { cwd: path, timeout: 60_000 })).stdout;
        }
        expect(output).toBe('the reply of it');
        const [received] = upstream.received;
        expect(received?.method).toBe(wanted.method);
        // .NET escapes less in a URL.
        const decoded = (url: string) => [...new URL(url, upstream.url).searchParams];
        expect(decoded(received?.path ?? '')).toEqual(decoded(wanted.url));
        expect(Buffer.from(received?.body ?? '', 'latin1').toString()).toBe(wanted.body);
        for (const [header, value] of wanted.headers) expect(received?.headers[header.toLowerCase()]).toBe(value);
      },
      120_000,
    );
  });
}
