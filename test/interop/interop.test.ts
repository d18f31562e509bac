import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ActionName, actionNames } from '../../src/core/actions.js';
import type { Listener } from '../../src/http/listener.js';
import { boxAccounts } from '../../src/sandbox/box-accounts.js';
import { golemAccounts } from '../../src/sandbox/golem.js';
import { previstoAccounts } from '../../src/sandbox/previsto.js';
import { sandboxPaths, startSandbox } from '../../src/sandbox/sandbox.js';
import { seatableAccounts } from '../../src/sandbox/seatable.js';
import { terraformAccounts } from '../../src/sandbox/terraform.js';
import { partIn, withPart } from '../repository/parts.js';
import { afterwards } from '../support/cleanup.js';
import { startBridge, temporaryFolder } from '../support/servers/bridge.js';
import { canned, startUpstream } from '../support/servers/upstream.js';
import { matrixOf } from './matrix.js';
import type { Call, Client, Outcome } from './programs.js';
import { proofs, provenApplications } from './proofs.js';
import { type Exchange, type Recorder, startRecorder } from './recorder.js';
import { describeWith } from './requirements.js';
import type { Stack } from './stack.js';
import { impossible, isIn, stacks } from './stacks.js';
import { invalidMessages, xmllint } from './xmllint.js';

/** How long a compiler may take on a machine that has much to do. */
const COMPILATION_MS = 120_000;

const anywhere = { host: '127.0.0.1', port: 0 };

/** Beyond what 32 bits hold. */
const uploads = 5_000_000_000;

/** What XML has to escape, and letters within and beyond Latin-1. */
const odd = { id: 'odd', login: 'Ærø & <b>"Söhne"</b> ]]> &lt;', email: "o'neill+łódź@example.com" };

/** An account of more than its named fields, and its leaves. */
const rich = {
  id: 'rich',
  login: 'rich',
  email: odd.email,
  text: odd.login,
  big: '18446744073709551615',
  yes: true,
  roles: ['owner', 'reader'],
  meta: { 'hair-color': 'ünïcode ☃' },
};
const richLeaves: [name: string, value: string][] = [
  ['id', 'rich'],
  ['login', 'rich'],
  ['email', odd.email],
  ['text', odd.login],
  ['big', '18446744073709551615'],
  ['yes', 'true'],
  ['roles.0', 'owner'],
  ['roles.1', 'reader'],
  ['meta.hair-color', 'ünïcode ☃'],
];

/** The keys and values of the attributes of an account, as the stacks show them. */
function shownLeaves(leaves: readonly (readonly [name: string, value: string])[], place = ''): Outcome {
  const lines = leaves.flatMap(([name, value], index) => [
    [`${place}attributes.${index}.name`, name],
    [`${place}attributes.${index}.value`, value],
  ]);
  return Object.fromEntries(lines);
}

const opened: Listener[] = [];
/** In front of a bridge for each character set of replies that a stack needs; the accounts are the same. */
const recorders = new Map<string, Recorder>();

async function urlOf(starting: Promise<Listener>): Promise<string> {
  const listening = await starting;
  opened.push(listening);
  return listening.url;
}

beforeAll(async () => {
  const sandbox = await urlOf(startSandbox(anywhere));
  const upstream = await urlOf(startUpstream(canned({ '/accounts/current': { body: odd } })));
  const other = await urlOf(startUpstream(canned({ '/accounts/current': { body: rich } })));
  const closing = await urlOf(startUpstream((request) => void request.socket.destroy()));
  const at = (provider: keyof typeof sandboxPaths) => ({ provider, base_url: sandbox + sandboxPaths[provider] });
  const down = { provider: 'terraform', base_url: closing };
  const applications = [
    { api_key: 'seatable', ...at('seatable'), defaults: { max_upload_size: uploads } },
    { api_key: 'terraform', ...at('terraform'), defaults: { max_upload_size: uploads } },
    { api_key: 'golem', ...at('golem'), defaults: { max_upload_size: uploads } },
    { api_key: 'box', ...at('box') },
    { api_key: 'previsto', ...at('previsto') },
    { api_key: 'unknown as nil', ...at('previsto'), unknown_numbers: 'nil' },
    { api_key: 'unknown left out', ...at('previsto'), unknown_numbers: 'omit' },
    { api_key: 'unknown as zero', ...at('previsto'), unknown_numbers: 'zero' },
    { api_key: 'odd', provider: 'previsto', base_url: upstream },
    { api_key: 'odd in latin', provider: 'previsto', base_url: upstream, reply_charset: 'ISO-8859-1' },
    { api_key: 'same as its token', provider: 'previsto', base_url: upstream },
    { api_key: 'rich', provider: 'previsto', base_url: other },
    ...provenApplications(await urlOf(startSandbox(anywhere))),
    { api_key: 'down', ...down },
    { api_key: 'down with 200', ...down, fault_status: 200 },
  ];
  for (const reply_charset of new Set(stacks.map(({ replyCharset }) => replyCharset))) {
    const recorder = await startRecorder();
    opened.push(recorder);
    recorders.set(reply_charset, recorder);
    const replying = applications.map((application) => ({ reply_charset, ...application }));
    // All stacks ask for theirs from one address.
    const limits = { tickets_per_minute: 1000 };
    recorder.answerWith(await urlOf(startBridge({ public_url: recorder.url, limits, applications: replying })));
  }
});

afterAll(async () => {
  for (const listening of opened.reverse()) await listening.close();
});

function recorderOf({ replyCharset }: Stack): Recorder {
  const recorder = recorders.get(replyCharset);
  if (!recorder) throw new Error(`no bridge replies in ${replyCharset}`);
  return recorder;
}

/** The outcome of a get_account_info that went well, without the status and the ids, which are one number. */
function userIn({ status, access_id, user_id, ...user }: Outcome): Outcome {
  expect(status).toBe('get_account_info_ok');
  expect(access_id).toMatch(/^[1-9]\d*$/);
  expect(user_id).toBe(access_id);
  return user;
}

/** An outcome without what the stack shows for the unknown. */
function knownIn(outcome: Outcome, { nothing, unknown }: Stack): Outcome {
  return Object.fromEntries(Object.entries(outcome).filter(([, value]) => value !== nothing && value !== unknown));
}

const accounts = [
  {
    apiKey: 'seatable',
    token: seatableAccounts.teamMember.token,
    login: 'teamplayer@example.com',
    email: 'teamplayer@example.com',
    space_amount: '100000000000',
    space_used: '121974751',
  },
  {
    apiKey: 'seatable',
    token: seatableAccounts.loneUser.token,
    login: 'lone-user',
    email: '1c0f5a2b8d3e4f60918273645a5b6c7d@auth.local',
    space_amount: '999999999999999',
    space_used: '4096',
  },
  {
    apiKey: 'terraform',
    token: terraformAccounts.admin.token,
    login: 'admin',
    email: 'admin@hashicorp.com',
  },
  {
    apiKey: 'golem',
    token: golemAccounts.developer.token,
    login: 'dan@example.com',
    email: 'dan@example.com',
    space_amount: '500000000',
  },
  {
    apiKey: 'box',
    token: boxAccounts.admin.token,
    login: 'email@example.com',
    email: 'email@example.com',
    space_amount: '1073741824',
    space_used: '0',
    max_upload_size: '2147483648',
  },
];

const john = { login: 'john', email: 'john@doe.com' };

function sizes(size: string | undefined) {
  return { space_amount: size, space_used: size, max_upload_size: size };
}

/** What went over the wire of each stack. */
const exchanges = new Map<Stack, readonly Exchange[]>();

const cells = new Map(stacks.map((stack) => [stack, new Map<string, boolean>()]));

for (const stack of stacks) {
  const { name, format, requirements, connect, takesNil, unknown, omitted, nothing, serverFault, readsCharsets } =
    stack;
  const { unreadable } = stack;
  const isReadable = (action: ActionName) => !unreadable?.actions.includes(action);
  const isSoap = serverFault !== undefined;
  const nil = (part: string) => (isSoap ? { [part]: nothing } : {});

  describeWith(requirements, `${name}, ${format}`, () => {
    let client: Client;
    let recorder: Recorder;
    let before: number;
    const call: Call = (action, parameters) => client.call(action, parameters);
    const info = (api_key: string, auth_token: string) => call('get_account_info', { api_key, auth_token });

    beforeAll(async () => {
      recorder = recorderOf(stack);
      before = recorder.exchanges.length;
      client = await connect(recorder.url);
    }, COMPILATION_MS);
    afterAll(async () => {
      exchanges.set(stack, recorder.exchanges.slice(before));
      await client?.close();
    });

    if (unreadable) {
      test('does not read a list', async () => {
        for (const action of unreadable.actions) cells.get(stack)?.set(action, false);
        const credentials = { api_key: 'proof-golem', auth_token: golemAccounts.admin.token };
        const outcome = { unreadable: expect.stringContaining(unreadable.complaint) };
        expect(await call('get_account_details', credentials)).toEqual(outcome);
        expect(await call('find_accounts', credentials)).toEqual(outcome);
      });
    } else {
      test('reads every attribute of an account', async () => {
        const { user_id, ...known } = knownIn(
          await call('get_account_details', { api_key: 'rich', auth_token: 'any' }),
          stack,
        );
        expect(user_id).toMatch(/^[1-9]\d*$/);
        const named = { native_id: 'rich', login: 'rich', email: odd.email };
        expect(known).toEqual({ status: 'get_account_details_ok', ...named, ...shownLeaves(richLeaves) });
      });

      test('reads every account of a list', async () => {
        const credentials = { api_key: 'golem', auth_token: golemAccounts.admin.token };
        const found = knownIn(await call('find_accounts', credentials), stack);
        const expected = Object.values(golemAccounts).flatMap(({ account }, index) => {
          const { id, name, email, planId } = account;
          const place = `accounts.${index}.`;
          const named = { native_id: id, login: email, name, email, max_upload_size: `${uploads}`, plan_id: planId };
          return [
            ...Object.entries({ user_id: expect.stringMatching(/^[1-9]\d*$/), ...named }).map(([key, value]) => [
              place + key,
              value,
            ]),
            ...Object.entries(shownLeaves(Object.entries(account), place)),
          ];
        });
        expect(found).toEqual({ status: 'find_accounts_ok', ...Object.fromEntries(expected) });
      });
    }

    test.each(actionNames.filter(isReadable))('performs %s', async (action) => {
      const mine = cells.get(stack);
      mine?.set(action, false);
      await proofs[action]({ bridge: recorder.url, call, tag: `${stacks.indexOf(stack)}` });
      mine?.set(action, true);
    });

    test(`speaks ${format}`, async () => {
      await info('odd', 'any');
      const exchange = recorder.exchanges.at(-1);
      expect(exchange && isIn[format]?.(exchange)).toBe(true);
    });

    test.each(accounts)('reads $login of $apiKey', async ({ apiKey, token, ...known }) => {
      const user = userIn(await info(apiKey, token));
      expect(user).toEqual({ ...sizes(unknown), max_upload_size: `${uploads}`, ...known });
    });

    test.each([
      { apiKey: 'previsto', size: unknown },
      { apiKey: 'unknown left out', size: omitted },
      { apiKey: 'unknown as zero', size: '0' },
    ])('reads john of $apiKey', async ({ apiKey, size }) => {
      const user = userIn(await info(apiKey, previstoAccounts.john.key));
      expect(user).toEqual({ ...john, ...sizes(size) });
    });

    if (isSoap) {
      test(takesNil ? 'takes a nil number' : 'rejects a nil number', async () => {
        const outcome = await info('unknown as nil', previstoAccounts.john.key);
        if (takesNil) expect(userIn(outcome)).toEqual({ ...john, ...sizes(stack.nilNumber) });
        else expect(outcome).toEqual({ fault: expect.stringContaining("element 'space_amount'") });
      });
    }

    test('reads texts of any letters', async () => {
      const { login, email } = odd;
      expect(await info('odd', 'any')).toMatchObject({ login, email });
    });

    test(`${readsCharsets ? 'reads' : 'does not read'} texts in ISO 8859-1`, async () => {
      const { login, email } = odd;
      const read = await info('odd in latin', 'any');
      if (readsCharsets) expect(read).toMatchObject({ login, email });
      else expect(read.login).toBe(login.replace(/[^\0-\x7f]/g, '\ufffd'));
    });

    test('sends one value for two parameters', async () => {
      const outcome = await info('same as its token', 'same as its token');
      expect(outcome).toMatchObject({ status: 'get_account_info_ok', login: odd.login });
    });

    test('reads that an api_key is unknown', async () => {
      const outcome = await info('nobody', previstoAccounts.john.key);
      expect(outcome).toEqual({ status: 'application_restricted', ...nil('user') });
    });

    test('reads that an auth_token is wrong', async () => {
      expect(await info('previsto', 'sk_wrong')).toEqual({ status: 'not_logged_in', ...nil('user') });
    });

    test.each(['down', 'down with 200'])('reads the fault of %s', async (apiKey) => {
      const expected = isSoap ? { fault: `${serverFault} service_unavailable` } : { status: 'service_unavailable' };
      expect(await info(apiKey, 'any')).toEqual(expected);
    });

    test('signs out of an application that issues nothing, and gets no ticket of it', async () => {
      const credentials = { api_key: 'previsto', auth_token: previstoAccounts.john.key };
      expect(await call('logout', credentials)).toEqual({ status: 'logout_ok' });
      const restricted = { status: 'application_restricted', ...(isSoap && { ticket: stack.emptyText }) };
      expect(await call('get_ticket', { api_key: 'previsto' })).toEqual(restricted);
    });
  });
}

describeWith([xmllint], 'the schema of the literal WSDL', () => {
  const literalStacks = stacks.filter(({ format }) => /literal/.test(format));

  test.each(literalStacks)('has what $name in $format sends and gets', async (stack) => {
    const soapExchanges = (exchanges.get(stack) ?? []).filter(
      ({ method, url }) => method === 'POST' && url === '/api/1.0/soap',
    );
    // The tests of this stack were skipped, with their reason.
    if (soapExchanges.length === 0) return;
    const documents = soapExchanges.filter(({ contentType }) => !contentType.startsWith('multipart/'));
    const requests = stack.sendsUnqualified ? [] : documents.map(({ request }) => request);
    const messages = [...requests, ...soapExchanges.map(({ reply }) => reply)];
    const wsdl = await (await fetch(`${recorderOf(stack).url}/api/1.0/soap?wsdl=literal`)).text();
    const version = stack.format.startsWith('SOAP 1.2') ? '1.2' : '1.1';
    const folder = await temporaryFolder();
    afterwards(folder.remove);
    expect(await invalidMessages(wsdl, version, folder.path, messages)).toBe('');
  });
});

const page = fileURLToPath(new URL('../../../docs/compatibility.md', import.meta.url));

test('the page of compatibility has the matrix that `npm run matrix` writes', async () => {
  const document = await readFile(page, 'utf8');
  const before = partIn(document, 'matrix') ?? '';
  const rows = stacks.map((stack) => ({ ...stack, cells: cells.get(stack) ?? new Map<string, boolean>() }));
  const now = matrixOf(rows, impossible, actionNames, before);
  if (process.env.MATRIX === 'write') await writeFile(page, withPart(document, 'matrix', now));
  else expect(before).toBe(now);
});
