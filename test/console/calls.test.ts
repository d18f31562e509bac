import { expect, test } from '@jest/globals';
import { API_KEY, AUTH_TOKEN, ask, startConsole } from '../support/servers/console.js';

const MARKUP = '<img src=x onerror=alert(1)>';

/** The addresses of the calls that the list shows, the latest first. */
async function listed(admin: string, query = ''): Promise<string[]> {
  const { body } = await ask(`${admin}/console/calls${query}`);
  return [...body.matchAll(/<a href="(\/console\/calls\/\d+)"/g)].map(([, path = '']) => admin + path);
}

test('a call is listed, and opened as received, understood, sent and replied', async () => {
  const { admin, call } = await startConsole();
  const reply = await call({}, { 'User-Agent': 'Old/1.0' });
  const { body: list } = await ask(`${admin}/console/calls`);
  for (const cell of ['Invoice importer', 'REST', 'Old/1.0', '127.0.0.1', 'get_account_info', 'get_account_info_ok'])
    expect(list).toContain(cell);
  const [address = ''] = await listed(admin);
  const { body: page } = await ask(address);
  expect(page).toContain('GET /api/1.0/rest?action=get_account_info&amp;api_key=•••&amp;auth_token=•••');
  expect(page).toMatch(/<dt>action<\/dt><dd>get_account_info<\/dd>/);
  expect(page).toMatch(/GET http:\/\/127.0.0.1:\d+\/previsto\/accounts\/current/);
  expect(page).toContain('Authorization: •••');
  expect(page).toContain('acct_7B10MYfEnPp6r');
  expect(page).toContain(
    reply.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll("'", '&#39;'),
  );
});

test('no secret is on the pages', async () => {
  const { admin, call } = await startConsole();
  await call({ auth_token: 'canary-of-a-token', password: 'canary-of-a-password' }, { Cookie: 'canary-of-a-cookie' });
  await call({ action: 'canary-action-7', api_key: 'canary-of-a-key' });
  await call();
  const addresses = await listed(admin);
  expect(addresses).toHaveLength(3);
  for (const address of [`${admin}/console/calls`, ...addresses]) {
    const { body } = await ask(address);
    for (const secret of ['canary', API_KEY, AUTH_TOKEN]) expect(body).not.toContain(secret);
  }
});

test('markup in names is text', async () => {
  const { admin, call } = await startConsole({ application: { name: MARKUP } });
  await call({}, { 'User-Agent': MARKUP });
  const [address = ''] = await listed(admin);
  for (const each of [`${admin}/console/calls`, address]) {
    const { body } = await ask(each);
    expect(body).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(body).not.toContain('<img');
  }
});

test('words and success choose what is listed', async () => {
  const { admin, call } = await startConsole();
  await call({}, { 'User-Agent': 'Curl' });
  await call({ auth_token: 'sk_unknown' }, { 'User-Agent': 'Perl' });
  const counts = async (...queries: string[]) =>
    Promise.all(queries.map(async (query) => (await listed(admin, query)).length));
  expect(
    await counts('', '?words=perl', '?words=PERL+rest', '?words=perl+soap', '?failures=on', '?words=curl&failures=on'),
  ).toEqual([2, 1, 1, 0, 1, 0]);
});

test('a call that is not kept is not found, and neither is anything else', async () => {
  const { admin } = await startConsole();
  for (const path of [
    'calls/1',
    'calls/NaN',
    'calls/__proto__',
    'nowhere',
    'assets/../console.css',
    'assets/layout.eta',
  ]) {
    expect((await ask(`${admin}/console/${path}`)).status).toBe(404);
  }
});

test('the files of the pages come from the bridge itself, and are sent again only where they changed', async () => {
  const { admin } = await startConsole();
  const { body } = await ask(`${admin}/console/calls`);
  const files = [...body.matchAll(/(?:href|src)="(\/console\/assets\/[^"]+)"/g)].map(([, path]) => path);
  expect(files.length).toBeGreaterThan(3);
  for (const path of [...files, '/console/assets/uplot.js', '/console/assets/charts.js']) {
    const { status, headers } = await ask(admin + path);
    expect([path, status]).toEqual([path, 200]);
    expect(headers['content-type']).toMatch(/^(text\/(css|javascript); charset=utf-8|image\/svg\+xml)$/);
    const { etag = '' } = headers;
    expect((await ask(admin + path, { headers: { 'If-None-Match': etag } })).status).toBe(304);
  }
});
