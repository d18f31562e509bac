import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openServices } from '../../src/bootstrap/services.js';
import { loadConfig } from '../../src/config/load.js';
import { actionNames } from '../../src/core/actions.js';
import type { Listener } from '../../src/http/listener.js';
import { providers } from '../../src/providers/index.js';
import { boxAccounts } from '../../src/sandbox/box-accounts.js';
import { sandboxPaths, startSandbox } from '../../src/sandbox/sandbox.js';
import { seatableAccounts } from '../../src/sandbox/seatable.js';
import { terraformAccounts } from '../../src/sandbox/terraform.js';
import { describeWith } from '../interop/requirements.js';
import { afterwards } from '../support/cleanup.js';
import { storesClosed } from '../support/closed-stores.js';
import { runCommand } from '../support/command.js';
import { randomFrom } from '../support/random.js';
import { rounds } from '../support/rounds.js';
import { startBridgeIn, temporaryFolder } from '../support/servers/bridge.js';
import { type Child, type Ended, type ProcessOptions, startNode, startNodeIn } from '../support/servers/process.js';
import { startOnTerminal, terminal } from '../support/servers/terminal.js';

const script = fileURLToPath(new URL('../../src/cli.js', import.meta.url));
const signInChild = fileURLToPath(new URL('../support/servers/sign-in-child.js', import.meta.url));

let sandbox: Listener;

beforeAll(async () => {
  sandbox = await startSandbox({ host: '127.0.0.1', port: 0 });
});
afterAll(() => sandbox.close());

const credential: string = seatableAccounts.loneUser.token;
const admin: string = terraformAccounts.admin.token;
const account = `1 (${seatableAccounts.loneUser.info.email})`;

const API_KEYS = ['key-of-desktop', 'key-of-web', 'key-of-plain', 'key-of-down'];

const configuration = () => `
listen: { port: 0 }
store: sqlite:./bridge.db
key_file: ./bridge.key
applications:
- { api_key: key-of-desktop, name: Desktop, provider: seatable, base_url: "${sandbox.url}${sandboxPaths.seatable}", credentials: vault }
- { api_key: key-of-web, name: Web, provider: terraform, base_url: "${sandbox.url}${sandboxPaths.terraform}", credentials: vault, redirect_url: "https://old.example.com/back" }
- { api_key: key-of-plain, name: Plain, provider: previsto, base_url: "${sandbox.url}${sandboxPaths.previsto}" }
- { api_key: key-of-down, name: Down, provider: seatable, base_url: "http://127.0.0.1:1", credentials: vault }
`;

/** A directory with a configuration alone. */
async function folder(): Promise<string> {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  await writeFile(join(path, 'bridge.yaml'), configuration());
  return path;
}

/** Runs the command line with these arguments, and `input` on standard input. */
function boxbridge(options: ProcessOptions, args: readonly string[], input = ''): Child {
  const child = startNodeIn(options, script, ...args);
  child.endInput(input);
  return child;
}

const serveArgs = ['serve', '--config', 'bridge.yaml'];
const tokensArgs = (commandLine: string) => ['tokens', ...commandLine.split(' '), '--config', 'bridge.yaml'];

/** Where a command runs in the process of the tests. */
type Place = Pick<ProcessOptions, 'cwd' | 'env'>;

const tokens = (place: Place, commandLine: string, input = ''): Promise<Ended> =>
  runCommand(place, tokensArgs(commandLine), input);

/** Likewise, in a process of its own. */
const tokensProcess = (options: ProcessOptions, commandLine: string, input = ''): Promise<Ended> =>
  boxbridge(options, tokensArgs(commandLine), input).end;

/** Adds a credential to the vault; gives its auth_token. */
async function add(place: Place, apiKey = 'key-of-desktop', input = credential): Promise<string> {
  const { code, stdout, stderr } = await tokens(place, `add --api-key ${apiKey}`, input);
  expect([code, stderr]).toEqual([0, '']);
  return stdout.trimEnd();
}

/** The rows of `tokens list`, by cells. */
async function listed(place: Place): Promise<string[][]> {
  const { code, stdout, stderr } = await tokens(place, 'list');
  expect([code, stderr]).toEqual([0, '']);
  const [head, ...rows] = stdout.trimEnd().split('\n');
  expect(head).toBe('token\tapplication\taccount\tcreated\tlast used');
  return rows.map((row) => row.split('\t'));
}

/** What an old program and a browser do at a bridge. */
interface Bridge {
  readonly url: string;
  /** The HTTP status and the reply. */
  readonly rest: (parameters: Readonly<Record<string, string>>) => Promise<[status: number, reply: string]>;
  /** The status word of get_account_info. */
  readonly info: (authToken: string, apiKey?: string) => Promise<string>;
  /** The ticket, or the reply without one. */
  readonly ticket: (apiKey?: string) => Promise<string>;
  /** Enters a secret on the page. */
  readonly enter: (ticket: string, secret: string) => Promise<{ status: number; text: string; location: string }>;
}

function bridgeAt(url: string): Bridge {
  const rest = async (parameters: Readonly<Record<string, string>>): Promise<[number, string]> => {
    const response = await fetch(`${url}/api/1.0/rest?${new URLSearchParams(parameters)}`);
    return [response.status, await response.text()];
  };
  return {
    url,
    rest,
    info: async (authToken, apiKey = 'key-of-desktop') =>
      within('status', (await rest({ action: 'get_account_info', api_key: apiKey, auth_token: authToken }))[1]),
    ticket: async (apiKey = 'key-of-desktop') =>
      within('ticket', (await rest({ action: 'get_ticket', api_key: apiKey }))[1]),
    enter: async (ticket, secret) => {
      const body = new URLSearchParams({ login: '', password: secret });
      const page = await fetch(`${url}/api/1.0/auth/${ticket}`, { method: 'POST', body, redirect: 'manual' });
      return { status: page.status, text: await page.text(), location: page.headers.get('location') ?? '' };
    },
  };
}

/** A bridge in the process of the tests. */
async function start(place: Place): Promise<Bridge & { readonly stop: () => Promise<void> }> {
  const { url, close } = await startBridgeIn(place);
  return { ...bridgeAt(url), stop: close };
}

interface Serving extends Bridge {
  readonly child: Child;
  /** Drains it; gives its output. */
  readonly stop: () => Promise<string>;
}

/** A bridge in a process of its own. */
async function serve(options: ProcessOptions): Promise<Serving> {
  const child = boxbridge(options, serveArgs);
  return {
    ...bridgeAt(/http:\S+/.exec(await child.line(/answers at/))?.[0] ?? ''),
    child,
    stop: async () => {
      child.kill('SIGTERM');
      const { code, stdout, stderr } = await child.end;
      expect(code).toBe(0);
      return stdout + stderr;
    },
  };
}

/** The text of an element; the whole reply where there is none. */
const within = (name: string, reply: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(reply)?.[1] ?? reply;

/** A line that has all of these parts in this order. */
const inLine = (parts: readonly string[]): string =>
  `[^\\n]*${parts.map((part) => part.replace(/[[\]().?*+^$|{}\\]/g, '\\$&')).join('[^\\n]*')}[^\\n]*`;

/** With one line on standard error. */
const failsWith = (...parts: string[]) => ({
  code: 1,
  stdout: '',
  stderr: expect.stringMatching(new RegExp(`^boxbridge: ${inLine(parts)}\\n$`)),
});

/** No bridge starts, for this reason in one line. */
const expectRefusal = (place: Place, ...parts: string[]) =>
  expect(startBridgeIn(place)).rejects.toThrow(new RegExp(`^${inLine(parts)}$`));

/** A hash of every file in a directory, without the files that SQLite makes while it is open. */
async function filesIn(path: string): Promise<Record<string, string>> {
  const names = (await readdir(path, { withFileTypes: true })).filter((entry) => entry.isFile());
  const files = await Promise.all(names.map(async ({ name }) => ({ name, bytes: await readFile(join(path, name)) })));
  return Object.fromEntries(
    files
      .filter(({ name, bytes }) => bytes.length > 0 && !name.endsWith('-shm'))
      .map(({ name, bytes }) => {
        // https://sqlite.org/fileformat2.html: these counters change even when a file is only opened.
        if (name.endsWith('.db')) bytes.fill(0, 24, 28).fill(0, 92, 100);
        return [name, createHash('sha256').update(bytes).digest('hex')];
      }),
  );
}

/** The same, once what ran in the process of the tests has closed them. */
async function closedFilesIn(path: string): Promise<Record<string, string>> {
  await storesClosed(path);
  return filesIn(path);
}

describe('tokens add', () => {
  test('reads a credential from standard input and prints an auth_token that works', async () => {
    const cwd = await folder();
    const inputs = [credential, `${credential}\n`, `${credential}\r\n`];
    const commandLine = 'add --api-key key-of-desktop';
    const ends = await Promise.all([
      ...inputs.map((input) => tokens({ cwd }, commandLine, input)),
      tokensProcess({ cwd }, commandLine, credential),
    ]);
    const expected = { code: 0, stdout: expect.stringMatching(/^[a-z0-9]{32}\n$/), stderr: '' };
    expect(ends).toEqual(ends.map(() => expect.objectContaining(expected)));
    const bridge = await start({ cwd });
    const issued = ends.map(({ stdout }) => stdout.trimEnd());
    expect(new Set(issued).size).toBe(ends.length);
    for (const token of issued) expect(await bridge.info(token)).toBe('get_account_info_ok');
    expect(await bridge.info(issued[0] ?? '', 'key-of-web')).toBe('not_logged_in');
  });

  test.each(['0123456789abcdef0123456789abcdef', 'x', 'Old & <odd> "token" ü', 'y'.repeat(500)])(
    'keeps the auth_token %j of an old program',
    async (old) => {
      const cwd = await folder();
      const args = ['tokens', 'add', '--config', 'bridge.yaml', '--api-key', 'key-of-desktop', '--auth-token', old];
      expect(await runCommand({ cwd }, args, credential)).toMatchObject({
        code: 0,
        stdout: `${old}\n`,
        stderr: '',
      });
      expect(await (await start({ cwd })).info(old)).toBe('get_account_info_ok');
    },
  );

  test('accepts the name of the application and a file, so that no secret is an argument', async () => {
    const cwd = await folder();
    const old = 'Old token of "1999"';
    await writeFile(join(cwd, 'old.txt'), `${old}\n`);
    const commandLine = 'add --application Desktop --auth-token-file old.txt';
    expect(await tokens({ cwd }, commandLine, credential)).toMatchObject({ code: 0, stdout: `${old}\n`, stderr: '' });
    const bridge = await start({ cwd });
    expect(await bridge.info(old)).toBe('get_account_info_ok');
    expect(await tokens({ cwd }, 'revoke --application Desktop')).toMatchObject({ code: 0, stdout: 'revoked 1\n' });
    expect(await bridge.info(old)).toBe('not_logged_in');
  });

  test.each([
    ['\uFEFFold token\r\n\r\n', 'old token'],
    ['old token\nof the year 1999\n', 'old token'],
  ])('takes the first line of the file with the auth_token (%j)', async (content, old) => {
    const cwd = await folder();
    await writeFile(join(cwd, 'old.txt'), content);
    const end = await tokens({ cwd }, 'add --application Desktop --auth-token-file old.txt', credential);
    expect(end).toMatchObject({ code: 0, stdout: `${old}\n`, stderr: '' });
  });

  test.each([
    ['none.txt', 'none.txt does not exist; write an auth_token into it'],
    ['empty.txt', 'empty.txt has no auth_token in its first line; write one into it'],
    ['.', 'cannot be read (EISDIR); name a file that this user may read'],
  ])('says what to do about a file without an auth_token (%s)', async (file, says) => {
    const cwd = await folder();
    await writeFile(join(cwd, 'empty.txt'), '\n');
    const end = await tokens({ cwd }, `add --application Desktop --auth-token-file ${file}`, credential);
    expect(end).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^boxbridge: [^\n]*\n$/) });
    expect(end.stderr).toContain(says);
  });

  test.each([
    ['add', 2, 'error: name one of --application and --api-key\n'],
    ['add --application Desktop --api-key key-of-desktop', 2, 'error: name one of --application and --api-key\n'],
    [
      'add --application Desktop --auth-token a --auth-token-file b',
      2,
      'error: name one of --auth-token-file and --auth-token\n',
    ],
    ['add --application Nobody', 1, 'boxbridge: no application has this name; name one of the configuration\n'],
    [
      'add --application Twin',
      1,
      'boxbridge: several applications have this name; give each its own in the configuration\n',
    ],
  ])('%s is rejected', async (commandLine, code, stderr) => {
    const cwd = await folder();
    const twin = '{ name: Twin, provider: seatable, base_url: "http://127.0.0.1:1", credentials: vault, api_key: ';
    await writeFile(join(cwd, 'bridge.yaml'), `${configuration()}- ${twin}twin-1 }\n- ${twin}twin-2 }\n`);
    expect(await tokens({ cwd }, commandLine, credential)).toMatchObject({ code, stdout: '', stderr });
  });

  test('gives an account the user_id that its modern API proposes', async () => {
    const cwd = await folder();
    const box = `- { api_key: key-of-box, name: Box, provider: box, base_url: "${sandbox.url}${sandboxPaths.box}", credentials: vault }\n`;
    await writeFile(join(cwd, 'bridge.yaml'), configuration() + box);
    await add({ cwd }, 'key-of-box', boxAccounts.admin.token);
    expect((await tokens({ cwd }, 'list')).stdout).toContain('398387 (398387)');
  });

  test('reports why it adds nothing', async () => {
    const cwd = await folder();
    const rows: readonly (readonly [apiKey: string, input: string, ...parts: string[]])[] = [
      ['key-of-desktop', 'not-the-secret', 'SeaTable at ', 'does not accept this account token; nothing was added'],
      ['key-of-desktop', 'two words', 'SeaTable at ', 'does not accept this account token; nothing was added'],
      ['key-of-desktop', 'two\nlines', 'SeaTable at ', 'does not accept this account token; nothing was added'],
      ['key-of-desktop', 'schlüssel', 'SeaTable at ', 'does not accept this account token; nothing was added'],
      ['key-of-down', credential, 'SeaTable at http://127.0.0.1:1 does not answer; nothing was added'],
      ['key-of-desktop', '', 'no credential on standard input'],
      ['key-of-desktop', ' \r\n', 'no credential on standard input'],
      ['key-of-plain', 'sk_12345', 'Plain has no vault: its auth_token is the one of Previsto itself'],
      ['key-of-nobody', credential, 'no application has this api_key'],
    ];
    const ends = await Promise.all(rows.map(([apiKey, input]) => tokens({ cwd }, `add --api-key ${apiKey}`, input)));
    expect(ends).toEqual(rows.map(([, , ...parts]) => expect.objectContaining(failsWith(...parts))));
    for (const [n, { stderr }] of ends.entries()) {
      for (const secret of ['key-of-', 'two', rows[n]?.[1].trim() || 'key-of-']) expect(stderr).not.toContain(secret);
    }
    expect(await listed({ cwd })).toEqual([]);
  });
});

describeWith([terminal], 'tokens add on a terminal', () => {
  const CTRL_C = '\x03';
  const addArgs = ['tokens', 'add', '--config', 'bridge.yaml', '--application'];

  test('asks for the credential, and shows nothing of it', async () => {
    const cwd = await folder();
    const asked = startOnTerminal(cwd, 40, script, ...addArgs, 'Desktop');
    await asked.shows('The account token of SeaTable');
    asked.write('\r');
    await asked.shows('It is not empty.');
    asked.write(`${credential}\r`);
    expect(await asked.end).toMatchObject({ code: 0 });
    const authToken = asked.screen().trimEnd().split('\n').at(-1)?.trim() ?? '';
    expect(authToken).toMatch(/^[a-z0-9]{32}$/);
    for (let n = 0; n + 8 <= credential.length; n += 1)
      expect(asked.screen()).not.toContain(credential.slice(n, n + 8));
    const { info } = await start({ cwd });
    expect(await info(authToken)).toBe('get_account_info_ok');
  });

  test('asks nothing that would be in vain', async () => {
    const cwd = await folder();
    const plain = startOnTerminal(cwd, 80, script, ...addArgs, 'Plain');
    expect(await plain.end).toMatchObject({ code: 1 });
    expect(plain.screen()).toMatch(/^boxbridge: Plain has no vault: /);
  });

  test('adds nothing after Ctrl-C', async () => {
    const cwd = await folder();
    const asked = startOnTerminal(cwd, 80, script, ...addArgs, 'Desktop');
    await asked.shows('The account token of SeaTable');
    asked.write(`half of it${CTRL_C}`);
    expect(await asked.end).toMatchObject({ code: 1 });
    expect(asked.screen()).toContain('boxbridge: cancelled; nothing was done');
    expect(asked.screen()).not.toContain('half of it');
    expect(await readdir(cwd)).toEqual(['bridge.yaml']);
  });
});

describe('tokens list', () => {
  test('has all of it in JSON', async () => {
    const cwd = await folder();
    const documentOf = async () => JSON.parse((await tokens({ cwd }, 'list --json')).stdout);
    expect(await documentOf()).toEqual({ tokens: [] });
    await add({ cwd });
    await add({ cwd }, 'key-of-web', admin);
    const rows = await listed({ cwd });
    const { tokens: all } = await documentOf();
    expect(all).toHaveLength(2);
    expect(all).toEqual(
      rows.map(([token, application, account, created]) => ({ token, application, account, created, last_used: null })),
    );
    await writeFile(join(cwd, 'bridge.yaml'), configuration().replaceAll('key-of-web', 'another-key'));
    expect((await documentOf()).tokens).toMatchObject([{ application: 'Desktop' }, { application: null }]);
  });

  test('shows every token, and no secret', async () => {
    const cwd = await folder();
    const desktop = await add({ cwd });
    const web = await add({ cwd }, 'key-of-web', admin);
    const prefix = expect.stringMatching(/^[0-9a-f]{12}$/);
    const time = expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const other = expect.stringMatching(/^2 \(.+\)$/);
    expect(await listed({ cwd })).toEqual([
      [prefix, 'Desktop', account, time, 'never'],
      [prefix, 'Web', other, time, 'never'],
    ]);
    const bridge = await start({ cwd });
    expect(await bridge.info(desktop)).toBe('get_account_info_ok');
    // The last use is written within a second, or at the end.
    await bridge.stop();
    const { stdout } = await tokens({ cwd }, 'list');
    expect(stdout).toMatch(/\tDesktop\t.*Z\t20.*Z\n.*\tWeb\t.*\tnever\n$/);
    for (const secret of [desktop, web, credential, admin, ...API_KEYS]) expect(stdout).not.toContain(secret);
  });

  test('has one line and five cells for each, whatever its application is called', async () => {
    const cwd = await folder();
    await writeFile(join(cwd, 'bridge.yaml'), configuration().replace('name: Desktop', 'name: "Desk\\ttop\\n\\e[2J"'));
    await add({ cwd });
    expect(await listed({ cwd })).toEqual([[expect.any(String), 'Desk top [2J', account, expect.any(String), 'never']]);
  });

  test('shows that an application is not in the configuration', async () => {
    const cwd = await folder();
    await add({ cwd });
    await writeFile(join(cwd, 'bridge.yaml'), configuration().replace('key-of-desktop', 'key-of-another'));
    expect((await listed({ cwd })).map(([, name]) => name)).toEqual(['(not in the configuration)']);
  });
});

describe('tokens revoke', () => {
  test('by the beginning of the digest, by the api_key, or all', async () => {
    const cwd = await folder();
    const [first, second] = [await add({ cwd }), await add({ cwd })];
    const third = await add({ cwd }, 'key-of-web', admin);
    const bridge = await serve({ cwd });
    const working = async () => [
      await bridge.info(first),
      await bridge.info(second),
      await bridge.info(third, 'key-of-web'),
    ];
    const [good, bad] = ['get_account_info_ok', 'not_logged_in'];
    expect(await working()).toEqual([good, good, good]);

    const prefix = (await listed({ cwd }))[0]?.[0] ?? '';
    const steps: readonly (readonly [selector: string, stdout: string, after: readonly string[]])[] = [
      [prefix, 'revoked 1\n', [bad, good, good]],
      ['--api-key key-of-desktop', 'revoked 1\n', [bad, bad, good]],
      ['--api-key key-of-desktop', 'revoked 0\n', [bad, bad, good]],
      ['--all', 'revoked 1\n', [bad, bad, bad]],
      ['--all', 'revoked 0\n', [bad, bad, bad]],
    ];
    for (const [selector, stdout, after] of steps) {
      expect([selector, await tokens({ cwd }, `revoke ${selector}`)]).toEqual([
        selector,
        { code: 0, signal: null, stdout, stderr: '' },
      ]);
      expect(await working()).toEqual(after);
    }
  });

  test('reports why it revokes nothing', async () => {
    const cwd = await folder();
    await Promise.all([add({ cwd }), add({ cwd })]);
    const empty = ['tokens', 'revoke', '', '--config', 'bridge.yaml'];
    expect(await boxbridge({ cwd }, empty).end).toMatchObject({ code: 2, stdout: '' });
    expect(await runCommand({ cwd }, empty)).toMatchObject({ code: 2, stdout: '' });
    for (const run of [tokens, tokensProcess])
      expect(await run({ cwd }, 'revoke fedcba')).toMatchObject(failsWith('0 tokens begin with fedcba'));
    expect(await tokens({ cwd }, 'revoke --api-key key-of-nobody')).toMatchObject(
      failsWith('no application has this api_key'),
    );
    for (const commandLine of [
      'revoke',
      'revoke abc --all',
      'revoke --expired --all',
      'revoke --all --api-key key-of-desktop',
    ]) {
      const { code, stdout, stderr } = await tokens({ cwd }, commandLine);
      expect([commandLine, code, stdout, stderr]).toEqual([
        commandLine,
        2,
        '',
        'error: name one of a prefix, --application, --api-key, --expired and --all\n',
      ]);
    }
    expect(await listed({ cwd })).toHaveLength(2);
  });
});

describe("the server's key", () => {
  const ownFilesIn = async (cwd: string) => (await readdir(cwd)).filter((name) => !name.startsWith('bridge.db')).sort();

  test('is created at the first start, readable by its owner alone', async () => {
    const cwd = await folder();
    await (await serve({ cwd })).stop();
    const { mode, size } = await stat(join(cwd, 'bridge.key'));
    expect([(mode & 0o777).toString(8), size]).toEqual(['600', 32]);
    expect((await readdir(cwd)).sort()).toEqual(['bridge.db', 'bridge.key', 'bridge.yaml']);
  });

  test('is one for four processes that start for the first time at the same moment', async () => {
    const cwd = await folder();
    const bridges = await Promise.all(Array.from({ length: 4 }, () => serve({ cwd })));
    expect(new Set(bridges.map(({ url }) => url)).size).toBe(4);
    const token = await add({ cwd });
    for (const { info } of bridges) expect(await info(token)).toBe('get_account_info_ok');
    expect(await ownFilesIn(cwd)).toEqual(['bridge.key', 'bridge.yaml']);
  });

  test('is one for twenty that open at once', async () => {
    const cwd = await folder();
    const config = await loadConfig(join(cwd, 'bridge.yaml'), { actions: actionNames, providers });
    const opened = await Promise.all(Array.from({ length: 20 }, () => openServices(config, {})));
    const labels = opened.flatMap(({ applications, sessions }) => applications.slice(0, 1).map(sessions.labelOf));
    for (const { store } of opened) await store.close();
    expect([labels.length, new Set(labels).size]).toEqual([20, 1]);
    expect(await ownFilesIn(cwd)).toEqual(['bridge.key', 'bridge.yaml']);
  });

  test('can come from the environment as base64', async () => {
    const cwd = await folder();
    const options = { cwd, env: { BOXBRIDGE_KEY: randomBytes(32).toString('base64') } };
    const token = await add(options);
    expect(await (await start(options)).info(token)).toBe('get_account_info_ok');
    expect(await readdir(cwd)).not.toContain('bridge.key');
    for (const bytes of [0, 16, 33]) {
      const other = { cwd, env: { BOXBRIDGE_KEY: randomBytes(bytes).toString('base64') } };
      const why = `the key in the environment has to be 32 random bytes, but has ${bytes}`;
      await expectRefusal(other, why);
    }
    const other = { cwd, env: { BOXBRIDGE_KEY: randomBytes(32).toString('base64') } };
    const end = await boxbridge(other, serveArgs).end;
    expect(end).toMatchObject(failsWith('the key in the environment is not the key that'));
    expect(end.stderr).not.toContain(other.env.BOXBRIDGE_KEY);
  });

  test('that exists is only read, wherever it lies', async () => {
    const cwd = await folder();
    // The longest name that a directory accepts: a draft beside it would fail.
    const name = 'k'.repeat(255);
    await writeFile(join(cwd, name), randomBytes(32));
    await writeFile(join(cwd, 'bridge.yaml'), configuration().replace('bridge.key', name));
    const token = await add({ cwd });
    expect(await (await start({ cwd })).info(token)).toBe('get_account_info_ok');
  });

  const unusable: readonly (readonly [what: string, spoil: (file: string) => Promise<unknown>, why: string])[] = [
    ['empty', (file) => writeFile(file, ''), 'has to be 32 random bytes, but has 0'],
    ['too short', (file) => writeFile(file, randomBytes(31)), 'has to be 32 random bytes, but has 31'],
    ['too long', (file) => writeFile(file, randomBytes(33)), 'has to be 32 random bytes, but has 33'],
    ['a folder', (file) => rm(file, { force: true }).then(() => mkdir(file)), 'EISDIR'],
  ];

  test.each(unusable)('that is %s is rejected at the first start', async (_what, spoil, why) => {
    const cwd = await folder();
    await spoil(join(cwd, 'bridge.key'));
    const before = (await closedFilesIn(cwd))['bridge.key'];
    await expectRefusal({ cwd }, '/bridge.key', why);
    expect((await closedFilesIn(cwd))['bridge.key']).toBe(before);
  });

  test.each([
    ...unusable,
    ['missing', (file: string) => rm(file), 'ENOENT'] as const,
    ['another', (file: string) => writeFile(file, randomBytes(32)), 'is not the key that the credentials'] as const,
  ])('that is %s is rejected by a store with sealed records, and nothing is overwritten', async (_what, spoil, why) => {
    const cwd = await folder();
    const file = join(cwd, 'bridge.key');
    const token = await add({ cwd });
    const key = await readFile(file);
    await spoil(file);
    const before = await closedFilesIn(cwd);
    await expectRefusal({ cwd }, '/bridge.key', why);
    expect(await tokens({ cwd }, 'list')).toMatchObject(failsWith('/bridge.key', why));
    expect(await tokens({ cwd }, 'rekey --new-key-file new.key')).toMatchObject(failsWith('/bridge.key', why));
    expect(await closedFilesIn(cwd)).toEqual(before);

    await rm(file, { recursive: true, force: true });
    await writeFile(file, key);
    expect(await (await start({ cwd })).info(token)).toBe('get_account_info_ok');
  });
});

describe('tokens rekey', () => {
  test('makes only the new key valid, and every token stays valid', async () => {
    const cwd = await folder();
    const desktop = await add({ cwd });
    const web = await add({ cwd }, 'key-of-web', admin);
    expect(await tokens({ cwd }, 'rekey --new-key-file new.key')).toMatchObject({ code: 0, stderr: '' });
    expect((await stat(join(cwd, 'new.key'))).mode & 0o777).toBe(0o600);

    const before = await closedFilesIn(cwd);
    expect(await boxbridge({ cwd }, serveArgs).end).toMatchObject(failsWith('/bridge.key is not the key that'));
    expect(await closedFilesIn(cwd)).toEqual(before);

    await writeFile(join(cwd, 'bridge.yaml'), configuration().replace('bridge.key', 'new.key'));
    await rm(join(cwd, 'bridge.key'));
    const bridge = await start({ cwd });
    expect(await bridge.info(desktop)).toBe('get_account_info_ok');
    expect(await bridge.info(web, 'key-of-web')).toBe('get_account_info_ok');
  });

  test('reads the old key from the environment, and a new one that exists', async () => {
    const cwd = await folder();
    const options = { cwd, env: { BOXBRIDGE_KEY: randomBytes(32).toString('base64') } };
    const token = await add(options);
    await writeFile(join(cwd, 'bridge.key'), randomBytes(32));
    const key = await readFile(join(cwd, 'bridge.key'));
    expect(await tokens(options, 'rekey --new-key-file bridge.key')).toMatchObject({ code: 0, stderr: '' });
    expect(await readFile(join(cwd, 'bridge.key'))).toEqual(key);
    expect(await (await start({ cwd })).info(token)).toBe('get_account_info_ok');
    await expectRefusal(options, 'the key in the environment is not');
  });

  test.each([
    ['a new key of the wrong length', 'short.key', 'has to be 32 random bytes, but has 5'],
    ['a directory in its place', '.', 'EISDIR'],
    ['a path where it cannot be made', 'short.key/new.key', 'cannot '],
  ])('changes nothing with %s', async (_what, file, why) => {
    const cwd = await folder();
    const token = await add({ cwd });
    await writeFile(join(cwd, 'short.key'), 'short');
    const before = await closedFilesIn(cwd);
    expect(await tokens({ cwd }, `rekey --new-key-file ${file}`)).toMatchObject(failsWith(why));
    expect(await closedFilesIn(cwd)).toEqual(before);
    expect(await (await start({ cwd })).info(token)).toBe('get_account_info_ok');
  });
});

describe('a database', () => {
  /** Limits the size of a file, in blocks of 512 bytes: beyond it every write fails, as on a full disk. */
  const limited = ['/bin/sh', '-c', 'ulimit -f 256; exec "$0" "$@"'];

  test('that is full is an outage, and nothing is lost', async () => {
    const cwd = await folder();
    const [token = '', ...spares] = await Promise.all(Array.from({ length: 5 }, () => add({ cwd })));
    await storesClosed(cwd);
    const bridge = await serve({ cwd, under: limited });
    const [open, signedIn] = [await bridge.ticket(), await bridge.ticket()];
    expect(await bridge.enter(signedIn, credential)).toMatchObject({ status: 200 });
    const tickets: string[] = [];
    for (let ticket = await bridge.ticket(); /^[a-z0-9]{32}$/.test(ticket); ticket = await bridge.ticket())
      tickets.push(ticket);
    expect(tickets.length).toBeGreaterThan(0);
    // A write of fewer pages than a new ticket may still fit.
    const logout = (authToken: string) =>
      bridge.rest({ action: 'logout', api_key: 'key-of-desktop', auth_token: authToken });
    const ends: number[] = [];
    for (const spare of spares) ends.push((await logout(spare))[0]);
    expect(ends.at(-1)).toBe(503);
    const entered: number[] = [];
    for (const ticket of tickets) entered.push((await bridge.enter(ticket, credential)).status);
    expect(entered.at(-1)).toBe(503);

    const outage = [503, expect.stringContaining('<response><status>service_unavailable</status></response>')];
    const desktop = { api_key: 'key-of-desktop' };
    for (const parameters of [
      { action: 'get_ticket', ...desktop },
      { action: 'get_auth_token', ...desktop, ticket: signedIn },
      { action: 'logout', ...desktop, auth_token: token },
    ]) {
      expect([parameters, await bridge.rest(parameters)]).toEqual([parameters, outage]);
    }
    const xml = '<request><action>get_ticket</action><api_key>key-of-desktop</api_key></request>';
    const replyToXml = await fetch(`${bridge.url}/api/1.0/xml`, { method: 'POST', body: xml });
    expect([replyToXml.status, await replyToXml.text()]).toEqual(outage);
    const soap = `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><get_ticket xmlns="urn:boxnet"><api_key>key-of-desktop</api_key></get_ticket></Body></Envelope>`;
    const replyToSoap = await fetch(`${bridge.url}/api/1.0/soap`, { method: 'POST', body: soap });
    expect(replyToSoap.status).toBe(500);
    expect(await replyToSoap.text()).toMatch(/<faultcode>[\w-]+:Server<\/faultcode><faultstring>service_unavailable</);
    expect(await bridge.enter(open, credential)).toMatchObject({ status: 503 });
    expect(await bridge.info(token)).toBe('get_account_info_ok');
    const output = await bridge.stop();
    for (const secret of [token, credential, open, signedIn]) expect(output).not.toContain(secret);

    const roomy = await start({ cwd });
    expect(await roomy.info(token)).toBe('get_account_info_ok');
    const redeemed = (await roomy.rest({ action: 'get_auth_token', ...desktop, ticket: signedIn }))[1];
    expect(await roomy.info(within('auth_token', redeemed))).toBe('get_account_info_ok');
    expect(await roomy.enter(open, credential)).toMatchObject({ status: 200 });
  });

  const setpriv = { what: 'setpriv', debian: 'util-linux', probe: ['setpriv', '--version'] } as const;

  describeWith(process.getuid?.() === 0 ? [setpriv] : [], 'that is read-only', () => {
    // Root may write anywhere, without this capability it may not.
    const unprivileged =
      process.getuid?.() === 0 ? ['/bin/sh', '-c', 'exec setpriv --bounding-set=-dac_override "$0" "$@"'] : [];

    test.each(['bridge.db', '.'])('at %s is rejected in one line, and nothing is overwritten', async (name) => {
      const cwd = await folder();
      const token = await add({ cwd });
      const before = await closedFilesIn(cwd);
      const { mode } = await stat(join(cwd, name));
      await chmod(join(cwd, name), mode & 0o555);
      for (const args of [serveArgs, tokensArgs('list')]) {
        const end = await boxbridge({ cwd, under: unprivileged }, args).end;
        expect(end).toMatchObject(
          failsWith('cannot use the store ', '/bridge.db (', 'mend it or name another in `store`'),
        );
      }
      await chmod(join(cwd, name), mode);
      expect(await filesIn(cwd)).toEqual(before);
      expect(await (await start({ cwd })).info(token)).toBe('get_account_info_ok');
    });
  });
});

test('an auth_token that was issued is valid after kill -9', async () => {
  const cwd = await folder();
  const first = await serve({ cwd });
  const ticket = await first.ticket();
  expect(await first.enter(ticket, credential)).toMatchObject({ status: 200 });
  const [, reply] = await first.rest({ action: 'get_auth_token', api_key: 'key-of-desktop', ticket });
  first.child.kill('SIGKILL');
  expect((await first.child.end).signal).toBe('SIGKILL');
  expect(reply).toContain('<status>get_auth_token_ok</status>');
  const second = await start({ cwd });
  expect(await second.info(within('auth_token', reply))).toBe('get_account_info_ok');
  expect((await second.rest({ action: 'get_auth_token', api_key: 'key-of-desktop', ticket }))[1]).toContain(
    '<status>get_auth_token_error</status>',
  );
});

const KILLS = Number(process.env.KILLS ?? rounds(6, 20));

test(
  `${KILLS} kills at random moments of signing in lose no auth_token`,
  async () => {
    const started = Date.now();
    /** Kills one process after the other on a store of its own; gives the number of auth_tokens issued. */
    const lane = async (seed: number, rounds: number): Promise<number> => {
      const cwd = await folder();
      const file = join(cwd, 'bridge.yaml');
      const config = await loadConfig(file, { actions: actionNames, providers });
      const random = randomFrom(seed);
      const issued: string[] = [];
      for (let round = 0; round < rounds; round++) {
        const child = startNode(cwd, signInChild, file, `${round}-`);
        await child.lines(1 + Math.floor(random() * 40));
        child.kill('SIGKILL');
        const { signal, stdout } = await child.end;
        expect(signal).toBe('SIGKILL');
        issued.push(...stdout.split('\n').slice(0, -1));

        const { applications, sessions, store } = await openServices(config, {});
        const lost: string[] = [];
        for (const line of issued) {
          const [apiKey, authToken, expected] = JSON.parse(line);
          const application = applications.find((one) => one.apiKey === apiKey);
          const found = application && (await sessions.credentialOf(application, authToken).catch(String));
          if (found !== expected) lost.push(`${line}: ${found}`);
        }
        await store.close();
        expect([round, lost]).toEqual([round, []]);
      }
      return issued.length;
    };
    const half = Math.floor(KILLS / 2);
    const counts = await Promise.all([lane(1, half), lane(2, KILLS - half)]);
    const issued = counts.reduce((sum, count) => sum + count, 0);
    process.stderr.write(`${KILLS} kills, ${issued} auth_tokens, none lost, ${Date.now() - started} ms\n`);
  },
  60_000 + KILLS * 3000,
);

test('no secret is in the files of the store, the key file or the log', async () => {
  const cwd = await folder();
  const bridge = await serve({ cwd });
  const added = await add({ cwd });
  const wrong = 'not-the-secret-of-anybody';
  const desktop = await bridge.ticket();
  expect(await bridge.enter(desktop, wrong)).toMatchObject({ status: 200 });
  expect(await bridge.enter(desktop, credential)).toMatchObject({ status: 200 });
  const redeem = { action: 'get_auth_token', api_key: 'key-of-desktop', ticket: desktop };
  const redeemed = within('auth_token', (await bridge.rest(redeem))[1]);
  const web = await bridge.ticket('key-of-web');
  const { status, location } = await bridge.enter(web, admin);
  const sent = new URL(location).searchParams.get('auth_token') ?? '';
  const down = await bridge.ticket('key-of-down');
  const outcomes = [
    status,
    (await bridge.enter(down, credential)).status,
    await bridge.info(added),
    await bridge.info(redeemed),
    await bridge.info(sent, 'key-of-web'),
    await bridge.info(wrong),
  ];
  const good = 'get_account_info_ok';
  expect(outcomes).toEqual([303, 503, good, good, good, 'not_logged_in']);

  const secrets = [credential, admin, wrong, added, redeemed, sent, desktop, web, down];
  const needles = secrets.flatMap(formsOf);
  const texts = async () =>
    Promise.all((await readdir(cwd)).map(async (name) => [name, await readFile(join(cwd, name), 'latin1')]));
  const running = await texts();
  const log = await bridge.stop();
  const all = [...running, ...(await texts()), ['log', log]];
  expect([...new Set(all.map(([name]) => name))].sort()).toEqual(
    ['bridge.db', 'bridge.db-shm', 'bridge.db-wal', 'bridge.key', 'bridge.yaml', 'log'].sort(),
  );
  const found = all.flatMap(([name, text = '']) =>
    needles.filter((needle) => text.includes(needle)).map((it) => [name, it]),
  );
  expect(found).toEqual([]);
  // The search finds what is not secret.
  const { email } = seatableAccounts.loneUser.info;
  expect(all.filter(([, text = '']) => text.includes(email)).map(([name]) => name)).toContain('bridge.db-wal');
  expect(log).toContain('a sign-in could not be tried');
});

/** The encodings of a secret: plain, percent-encoded, hex, and base64 at every offset. */
function formsOf(secret: string): string[] {
  const base64 = [0, 1, 2].map((offset) => {
    const encoded = Buffer.from(' '.repeat(offset) + secret).toString('base64');
    return encoded.slice(offset === 0 ? 0 : 4, -4);
  });
  const safe = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  return [secret, encodeURIComponent(secret), Buffer.from(secret).toString('hex'), ...base64, ...safe];
}
