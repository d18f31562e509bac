import { describe, expect, test } from '@jest/globals';
import { afterwards } from '../support/cleanup.js';
import { startBridge } from '../support/servers/bridge.js';
import { ask } from '../support/servers/console.js';

async function bridge(): Promise<string> {
  const { url, close } = await startBridge({
    applications: [{ api_key: 'key', provider: 'previsto', base_url: 'http://127.0.0.1:1' }],
  });
  afterwards(close);
  return url;
}

const chromium = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';
const java = 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2';

test('a browser at / gets a page that says what this is, and where the documentation', async () => {
  const { status, headers, body } = await ask(`${await bridge()}/`, { headers: { Accept: chromium } });
  expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  expect(headers['content-security-policy']).toMatch(/^default-src 'none'/);
  for (const text of ['BoxBridge', 'README.md', '/api/1.0/soap?wsdl']) expect(body).toContain(text);
  expect(body).not.toContain('wrong_input');
});

describe('a program gets what it always got:', () => {
  test.each<[string, string, string, Record<string, string>]>([
    ['GET', '/', 'no Accept', {}],
    ['GET', '/', 'any type', { Accept: '*/*' }],
    ['GET', '/', 'XML', { Accept: 'text/xml, application/xml' }],
    ['GET', '/', 'Java, which takes HTML', { Accept: java, 'User-Agent': 'Java/1.4.2' }],
    ['GET', '/?action=get_ticket', 'an action at a wrong path', { Accept: chromium }],
    ['GET', '/index.html', 'another path', { Accept: chromium }],
    ['POST', '/', 'a form', { Accept: chromium }],
  ])('%s %s with %s', async (method, path, _what, headers) => {
    const { status, body, headers: received } = await ask((await bridge()) + path, { method, headers });
    expect([status, received['content-type']]).toEqual([404, 'text/xml']);
    expect(body).toMatch(/<status>wrong_input<\/status>/);
  });
});
