import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { encodings } from '../support/cases/encodings.js';
import { createCookieBrowser } from '../support/clients/cookie-browser.js';
import { callBridge, formats } from '../support/clients/legacy.js';
import { newTicket, pageAddress, visit } from '../support/servers/modern-apis.js';
import { startNode } from '../support/servers/process.js';
import { adminOf, script, startServing } from '../support/servers/served.js';
import { CLIENT_SECRET, startVendor } from '../support/servers/vendor.js';
import { agree } from '../support/servers/vendor-session.js';
import { until } from '../support/until.js';

test('no secret of a request for a token leaves the bridge, but to its vendor', async () => {
  const vendor = await startVendor({ echoes: true });
  const bridge = await startServing({
    admin: { port: 0, console: true },
    log: { level: 'debug' },
    record: { file: './recordings/calls', sample: 1 },
    applications: [{ ...vendor.application(), name: 'Importer' }],
  });
  const { url, child, folder } = bridge;
  vendor.open(url);
  const admin = await adminOf(bridge);
  const replies: string[] = [];
  const ticket = await newTicket(url, 'key');
  const browser = createCookieBrowser();
  const back = await agree(browser, await browser.open(pageAddress(url, ticket), {}));
  expect(back.text).toContain('You are signed in');
  replies.push(back.text);
  const callback = back.url;
  replies.push((await visit(callback)).text, (await visit(`${callback}&x=y`, { method: 'POST' })).text);
  const { result } = await callBridge(url, 'rest', 'get_auth_token', [
    ['api_key', 'key'],
    ['ticket', ticket],
  ]);
  const authToken = String(result.auth_token);
  const statuses: string[] = [];
  const callAll = async () => {
    for (const format of formats)
      for (const action of ['get_account_info', 'get_account_details', 'update_account', 'get_account_plan']) {
        const reply = await callBridge(url, format, action, [
          ['api_key', 'key'],
          ['auth_token', authToken],
          ...(action === 'update_account' ? ([['name', 'Another']] as const) : []),
        ]);
        statuses.push(reply.status);
        replies.push(JSON.stringify(reply));
      }
  };
  await callAll();
  vendor.endAccessTokens();
  await callAll();
  for (const [status, error] of [
    [401, 'invalid_client'],
    [400, 'invalid_request'],
    [500, 'server_error'],
    [400, 'invalid_grant'],
  ] as const) {
    vendor.endAccessTokens();
    vendor.intercept((request, response) => {
      if (request.url !== '/token') return false;
      let body = '';
      request.on('data', (part: Buffer) => {
        body += part.toString();
      });
      request.on('end', () => {
        // Says all that it was sent.
        response.writeHead(status, { 'Content-Type': 'application/json', 'WWW-Authenticate': `Bearer x="${body}"` });
        response.end(JSON.stringify({ error, error_description: body, [body]: body }));
      });
      return true;
    });
    await callAll();
  }
  vendor.intercept();
  const wrong = new URL(callback);
  wrong.searchParams.set('code', 'a-code-that-the-vendor-has-not-given');
  replies.push((await visit(wrong.href)).text);
  const read = async (path: string) => (await fetch(new URL(path, admin))).text();
  const metrics = await read('/metrics');
  const list = await read('/console/calls');
  const opened = [...new Set(list.match(/\/console\/calls\/\d+/g))];
  expect(opened.length).toBeGreaterThan(10);
  const pages = (await Promise.all([...opened, '/console/applications', '/console/try'].map(read))).join('');
  child.kill('SIGTERM');
  const { code, stdout, stderr } = await child.end;
  expect(code).toBe(0);
  const files = await readdir(join(folder, 'recordings'));
  const recorded = await Promise.all(files.map((name) => readFile(join(folder, 'recordings', name), 'utf8')));
  const recordings = recorded.join('');
  const stored = await readFile(join(folder, 'bridge.db'), 'latin1');
  const doctor = await startNode(folder, script, 'doctor', '--config', 'bridge.yaml').end;

  expect(new Set(statuses)).toContain('get_account_info_ok');
  expect(new Set(statuses)).toContain('service_unavailable');
  expect(new Set(statuses)).toContain('not_logged_in');
  await until(() => recordings.length > 0);
  expect(stderr).toContain('invalid_client');
  const { searchParams } = new URL(callback);
  const state = searchParams.get('state') ?? '';
  const secrets = [...vendor.secrets, authToken, ticket, state, ...browser.cookies.values()];
  expect(secrets).toContain(CLIENT_SECRET);
  expect(secrets).toContain(searchParams.get('code'));
  expect(secrets.length).toBeGreaterThan(8);
  const outputs = {
    stdout,
    stderr,
    metrics,
    pages,
    list,
    recordings,
    stored,
    replies: replies.join(''),
    doctor: JSON.stringify(doctor),
  };
  // A page that goes on has the ticket in the address of its form, which its user has too.
  const isShown = (name: string, secret: string) => name === 'replies' && secret === ticket;
  const found = Object.entries(outputs).flatMap(([name, text]) =>
    secrets
      .filter((secret) => !isShown(name, secret) && encodings(secret).some((encoded) => text.includes(encoded)))
      .map((secret) => `${name}: ${secret}`),
  );
  expect(found).toEqual([]);
}, 60_000);
