import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Config } from '../../src/config/config.js';
import { parseConfig } from '../../src/config/load.js';
import { actionNames } from '../../src/core/actions.js';
import { createMask } from '../../src/core/secrets.js';
import { diagnoseFile } from '../../src/doctor/doctor.js';
import { providers } from '../../src/providers/index.js';
import { bodies, formats } from '../support/clients/legacy.js';
import { rounds } from '../support/rounds.js';
import { temporaryFolder } from '../support/servers/bridge.js';

/** No secret of a request is in what doctor prints, in whatever encoding. */

const secrets = {
  api_key: 'Key/4711+canary&one',
  auth_token: 'Token"4712 canary<two',
  ticket: 'Ticket4713canary%three',
  password: 'Password;4714=canary',
  login: 'Login4715 canary',
  current_password: 'Old4716canary',
  'Name4717canary=of': 'Value4718canary',
  vault: 'Key4719canaryVault',
};
const [, ...others] = Object.entries(secrets).filter(([name]) => name !== 'vault');
const canaries = [...Object.values(secrets), 'Name4717canary=of', 'Header4720canary', 'User4721canary:Pass4722canary'];

let config: Config;
let remove: () => Promise<void>;

beforeAll(async () => {
  const folder = await temporaryFolder();
  remove = folder.remove;
  const application = { provider: 'previsto', base_url: 'https://api.previsto.io', defaults: {} };
  config = parseConfig(
    {
      applications: [
        { ...application, api_key: secrets.api_key },
        { ...application, api_key: secrets.vault, credentials: 'vault' },
      ],
    },
    { directory: folder.path, actions: actionNames, providers },
  );
});

afterAll(() => remove());

/** All that is printed about a file, as text and as JSON, and what is said where it is refused. */
async function saidOf(file: string | Buffer): Promise<string> {
  const said: string[] = [];
  for (const isJson of [false, true]) {
    const print = (text: string) => void said.push(text);
    const options = { config, folder: '.', runtime: {}, isLive: false, isJson, print };
    await diagnoseFile(Buffer.from(file), 'a file', options).catch((error: unknown) => said.push(String(error)));
  }
  return said.join('\n');
}

function expectNone(said: string): void {
  expect(said).not.toBe('');
  const found: string[] = [];
  createMask(canaries, (secret) => {
    found.push(secret);
    return '';
  })(said);
  expect(found).toEqual([]);
}

const raw = (format: string, body: string | Buffer, headers = '') =>
  Buffer.concat([
    Buffer.from(
      `POST /api/1.0/${format} HTTP/1.1\r\nHost: x\r\nCookie: ${canaries[9]}\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`,
    ),
    Buffer.from(body),
  ]);

describe.each(formats)('in %s', (format) => {
  const known = Object.fromEntries(others);
  const actions = ['get_account_info', 'get_auth_token', 'authorization', 'change_password', 'no_action'];

  test.each(
    actions.flatMap((action) => [secrets.api_key, secrets.vault, 'Nobody4719'].map((key) => [action, key] as const)),
  )('%s with the api_key %s', async (action, apiKey) => {
    const { 'Name4717canary=of': odd = '', ...usual } = known;
    const parameters = Object.entries({
      api_key: apiKey,
      ...usual,
      ...(format === 'rest' && { 'Name4717canary=of': odd }),
    });
    const body = bodies[format](action, parameters);
    const files = [body, raw(format, body), raw(format, Buffer.from(`\ufeff${body}`, 'utf16le'))];
    // In a short run each call has another of them.
    const [short = body] = files.slice((actions.indexOf(action) + apiKey.length) % files.length);
    for (const file of rounds([short], files)) expectNone(await saidOf(file));
  });

  test.each([
    ['broken in its midst', (body: string) => raw(format, body.slice(0, -12))],
    ['cut off', (body: string) => raw(format, body).subarray(0, -5)],
    ['behind a broken header', (body: string) => raw(format, body, `broken ${canaries[9]}\r\n`)],
    ['at another path', (body: string) => raw(`download/${secrets.current_password}/1`, body)],
    ['with another method', (body: string) => Buffer.from(raw(format, body).toString().replace('POST', 'PUT'))],
  ])('%s', async (_how, toFile) => {
    const body = bodies[format]('get_account_info', [['api_key', secrets.api_key], ...others.slice(0, 4)]);
    expectNone(await saidOf(toFile(body)));
  });
});

describe('in a line of curl', () => {
  const query = new URLSearchParams({ action: 'get_account_info', ...Object.fromEntries(others) }).toString();
  const line = `curl 'http://x/api/1.0/rest' -u ${canaries[10]} -H 'X-Any: ${canaries[9]}' -d '${query}'`;

  test.each([
    '',
    `-d @${secrets.current_password}`,
    `--unknown=${secrets.current_password}`,
    `-F 'a=@${secrets.current_password}'`,
  ])('with %s', async (more) => {
    expectNone(await saidOf(`${line} ${more}`));
  });
});

test('in a HAR, with entries that are broken', async () => {
  const url = `https://x/api/1.0/rest?${new URLSearchParams({ action: 'logout', api_key: secrets.api_key, auth_token: secrets.auth_token })}`;
  const headers = [{ name: 'X-Any', value: canaries[9] }];
  const entries = [
    { request: { method: 'GET', url, headers } },
    { request: { method: secrets.current_password, url, headers } },
    { request: { method: 'GET', url: secrets.current_password, headers } },
    { request: { method: 'GET', url, headers: secrets.current_password } },
    { request: { method: 'GET', url: `https://${secrets.current_password}.example/`, headers } },
  ];
  expectNone(await saidOf(JSON.stringify({ log: { entries } })));
  expectNone(await saidOf(JSON.stringify({ log: { entries: entries.slice(1) } })));
});

test('in a file that is nothing', async () => {
  expectNone(await saidOf(`Dear Sir, the password is ${secrets.current_password}`));
});
