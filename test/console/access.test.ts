import { describe, expect, test } from '@jest/globals';
import { ask, basic, PASSWORD, startConsole } from '../support/servers/console.js';

const pages = [
  '/',
  '/console',
  '/console/calls',
  '/console/calls/1',
  '/console/calls/events',
  '/console/assets/htmx.js',
];

describe('with a password', () => {
  test('a stranger gets 401 and is told nothing, whatever is asked for', async () => {
    const { admin } = await startConsole({ isLocked: true });
    for (const path of [...pages, '/console/nowhere']) {
      const { status, headers, body } = await ask(admin + path);
      expect([path, status, body]).toEqual([path, 401, 'not without a password\n']);
      expect(headers['www-authenticate']).toBe('Basic realm="console", charset="UTF-8"');
    }
  });

  test('whoever has it is let in, with any user name', async () => {
    const { admin } = await startConsole({ isLocked: true });
    const { status, headers } = await ask(`${admin}/console/calls`, { headers: basic(PASSWORD) });
    expect(status).toBe(200);
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; /);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  });

  test.each([
    ['a wrong one', basic('wrong')],
    ['none', basic('')],
    ['its beginning', basic(PASSWORD.slice(0, -1))],
    ['another scheme', { Authorization: `Bearer ${PASSWORD}` }],
    ['no base64', { Authorization: 'Basic ****' }],
  ])('%s is refused', async (_what, headers) => {
    const { admin } = await startConsole({ isLocked: true });
    expect((await ask(`${admin}/console/calls`, { headers })).status).toBe(401);
  });

  test('an address that guesses is sent away, even with the right one', async () => {
    const { admin } = await startConsole({ isLocked: true });
    for (let tries = 0; tries < 20; tries++) {
      expect((await ask(`${admin}/console`, { headers: basic(`${tries}`) })).status).toBe(401);
    }
    const { status, headers } = await ask(`${admin}/console`, { headers: basic(PASSWORD) });
    expect(status).toBe(429);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  });

  test('metrics and readiness need none', async () => {
    const { admin } = await startConsole({ isLocked: true });
    for (const path of ['/metrics', '/readyz', '/healthz']) expect((await ask(admin + path)).status).toBe(200);
  });
});

describe('without a password', () => {
  test.each(['localhost', '127.0.0.1', '127.1.2.3:9464', '[::1]:9464', 'box.localhost'])(
    'the console is at the name %s',
    async (host) => {
      const { admin } = await startConsole();
      expect((await ask(`${admin}/console/calls`, { headers: { Host: host } })).status).toBe(200);
    },
  );

  test.each(['box.example.com', 'localhost.example.com', '192.0.2.1', '0.0.0.0', '[::]', 'a b', '127.0.0.1.nip.io'])(
    'a page whose name %s was rebound to this machine gets nothing',
    async (host) => {
      const { admin } = await startConsole();
      for (const path of pages) {
        const { status, body } = await ask(admin + path, { headers: { Host: host } });
        expect([status, body]).toEqual([403, 'not here\n']);
      }
    },
  );
});

describe('the page of another site', () => {
  const other = { Origin: 'https://box.example.com' };
  test.each([
    ['POST', other],
    ['POST', { Origin: 'null' }],
    ['POST', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' }],
    ['POST', { 'Sec-Fetch-Site': 'same-site' }],
    ['GET', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' }],
    ['GET', other],
  ])('cannot send a %s with %j', async (method, headers) => {
    const { admin } = await startConsole();
    expect((await ask(`${admin}/console/calls`, { method, headers })).status).toBe(403);
  });

  test('may link here', async () => {
    const { admin } = await startConsole();
    const headers = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' };
    expect((await ask(`${admin}/console/calls`, { headers })).status).toBe(200);
  });
});

test('an admin listener without a console has none of it', async () => {
  const { admin, call } = await startConsole({ admin: { console: false } });
  await call();
  for (const path of pages) expect([path, (await ask(admin + path)).status]).toEqual([path, 404]);
});

test('beyond loopback there is no console unless it has a password', async () => {
  const open = await startConsole({ admin: { host: '0.0.0.0' } });
  const { port } = new URL(open.admin);
  expect((await ask(`http://127.0.0.1:${port}/console/calls`)).status).toBe(404);
  expect((await ask(`http://127.0.0.1:${port}/metrics`)).status).toBe(200);
});
