import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openSqlite } from '../../src/store/sqlite.js';
import { afterwards } from '../support/cleanup.js';
import { createCookieBrowser } from '../support/clients/cookie-browser.js';
import { runCommand } from '../support/command.js';
import { startBridgeIn, temporaryFolder } from '../support/servers/bridge.js';
import { startNode } from '../support/servers/process.js';
import { script } from '../support/servers/served.js';
import { startVendor } from '../support/servers/vendor.js';
import { agree } from '../support/servers/vendor-session.js';
import { until } from '../support/until.js';

async function start(more: Record<string, unknown> = {}) {
  const vendor = await startVendor();
  vendor.open('http://bridge.example.com');
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  const configuration = {
    listen: { port: 0 },
    store: `sqlite:${join(path, 'bridge.db')}`,
    key_file: join(path, 'bridge.key'),
    applications: [{ ...vendor.application(), name: 'Importer', ...more }],
  };
  await writeFile(join(path, 'bridge.yaml'), JSON.stringify(configuration));
  const run = (...args: string[]) => runCommand({ cwd: path }, [...args, '--config', 'bridge.yaml']);
  /** In a process of its own, which can be made ready for the vendor's module. */
  const runProcess = (...args: string[]) => startNode(path, script, ...args, '--config', 'bridge.yaml');
  const add = (flag: string) => runProcess('tokens', 'add', '--application', 'Importer', flag);
  const infoOf = async (authToken: string) => {
    const { url } = await startBridgeIn({ cwd: path });
    const query = new URLSearchParams({ action: 'get_account_info', api_key: 'key', auth_token: authToken });
    return async () => (await fetch(`${url}/api/1.0/rest?${query}`)).text();
  };
  return { vendor, run, runProcess, add, infoOf, database: join(path, 'bridge.db') };
}

test('tokens add --client-credentials: a token of the client itself, got again when it has ended', async () => {
  const { vendor, add, infoOf } = await start();
  const { code, stdout, stderr } = await add('--client-credentials').end;
  expect([code, stdout, stderr]).toEqual([0, expect.stringMatching(/^[a-z0-9]{32}\n$/), '']);
  const read = await infoOf(stdout.trim());
  expect(await read()).toContain('<login>the-client-itself</login>');
  vendor.endAccessTokens();
  expect(await read()).toContain('<status>get_account_info_ok</status>');
  expect(vendor.spent).toEqual([]);
});

test('tokens add --device: shows where to agree, and waits until the user has', async () => {
  const { add, infoOf } = await start();
  const child = add('--device');
  await until(() => child.stderr().includes('Waiting'));
  const shown = /^Open (\S+) and enter (\S+)\nOr open (\S+)\nWaiting until you have agreed; Ctrl-C leaves nothing\.\n$/;
  const [, url = '', userCode = '', complete = ''] = shown.exec(child.stderr()) ?? [];
  expect(complete).toBe(`${url}?user_code=${userCode}`);
  const browser = createCookieBrowser();
  const xsrfOf = (text: string) => /name="xsrf" value="([^"]*)"/.exec(text)?.[1] ?? '';
  const begun = await browser.open(url);
  const asked = await browser.open(url, { xsrf: xsrfOf(begun.text), user_code: userCode });
  const page = await browser.open(url, { xsrf: xsrfOf(asked.text), user_code: userCode, confirm: 'yes' });
  expect((await agree(browser, page)).status).toBe(200);
  const { code, stdout } = await child.end;
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^[a-z0-9]{32}\n$/)]);
  expect(await (await infoOf(stdout.trim()))()).toContain('<login>somebody</login>');
});

test('tokens add --device that is given up leaves nothing', async () => {
  const { add, database } = await start();
  const child = add('--device');
  await until(() => child.stderr().includes('Waiting'));
  child.kill('SIGINT');
  const { stdout } = await child.end;
  expect(stdout).toBe('');
  const store = openSqlite(database);
  afterwards(store.close);
  expect(await store.sessions()).toEqual([]);
});

test('says what is wrong with the command line, the application and the vendor', async () => {
  const { add, run, vendor } = await start();
  expect(await run('tokens', 'add', '--application', 'Importer', '--device', '--client-credentials')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('name one of --client-credentials and --device'),
  });
  vendor.intercept((request, response) => {
    const isToken = request.url === '/token';
    if (isToken) response.writeHead(401, { 'Content-Type': 'application/json' }).end('{"error":"invalid_client"}');
    return isToken;
  });
  expect(await add('--client-credentials').end).toMatchObject({
    code: 1,
    stdout: '',
    stderr:
      'boxbridge: Vendor gave no token: the vendor refuses client_id, client_secret or scopes (invalid_client); nothing was added\n',
  });
  const { add: plain } = await start({ client_id: undefined, client_secret: undefined });
  expect(await plain('--client-credentials').end).toMatchObject({
    code: 1,
    stderr: 'boxbridge: Importer has no client_id; add the one that Vendor gave, or pipe a credential in\n',
  });
});

test('check --online asks the vendor with the client, and tells the operator that its secret is wrong', async () => {
  const { runProcess } = await start();
  const good = await runProcess('check', '--online').end;
  expect(good).toMatchObject({ code: 0, stderr: expect.stringContaining('write public_url, and register its') });
  const { runProcess: wrong } = await start({ client_secret: 'not-the-secret-of-the-client' });
  const { code, stdout, stderr } = await wrong('check', '--online').end;
  expect(code).toBe(1);
  expect(stdout + stderr).toContain(
    'Importer: no tokens can be had with its client_id (the vendor refuses client_id, client_secret or scopes (invalid_client)); compare client_id, client_secret and scopes with what the vendor has',
  );
  expect(stdout + stderr).not.toContain('not-the-secret');
});

test('a client_id for a provider that gives no tokens by OAuth is a problem of the start', async () => {
  const { run } = await start({ provider: 'seatable', base_url: 'http://127.0.0.1:1' });
  const { code, stdout, stderr } = await run('check');
  expect(code).toBe(1);
  expect(stdout + stderr).toContain(
    'Importer has a client_id, but SeaTable gives no tokens by OAuth; remove client_id',
  );
});
