import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startBridge } from '../support/servers/bridge.js';
import {
  credentials,
  enter,
  type ModernApis,
  pageAddress,
  startModernApis,
  visit,
} from '../support/servers/modern-apis.js';

const from = (address: string) => ({ headers: { 'X-Forwarded-For': address } });

let apis: ModernApis;
let bridge: Awaited<ReturnType<typeof startBridge>>;

beforeAll(async () => {
  apis = await startModernApis();
  bridge = await startBridge({
    trust_proxy: true,
    applications: [{ ...apis.application('previsto', 'key'), name: 'Invoice importer' }],
  });
});

afterAll(async () => {
  await bridge.close();
  await apis.close();
});

const formats = {
  rest: (address: string) => visit(`${bridge.url}/api/1.0/rest?action=get_ticket&api_key=key`, from(address)),
  xml: (address: string) =>
    visit(`${bridge.url}/api/1.0/xml`, {
      method: 'POST',
      ...from(address),
      body: '<request><action>get_ticket</action><api_key>key</api_key></request>',
    }),
  soap: (address: string) =>
    visit(`${bridge.url}/api/1.0/soap`, {
      method: 'POST',
      headers: { ...from(address).headers, 'Content-Type': 'text/xml' },
      body: '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><get_ticket><api_key>key</api_key></get_ticket></e:Body></e:Envelope>',
    }),
};

/** The page of a ticket that somebody at `address` asked for. */
async function pageFrom(address: string, format: keyof typeof formats = 'rest'): Promise<string> {
  const [, ticket = ''] = /<ticket[^>]*>(\w+)</.exec((await formats[format](address)).text) ?? [];
  return pageAddress(bridge.url, ticket);
}

const cautionIn = (text: string) => /<p id="caution">([^<]*)</.exec(text)?.[1] ?? '';

describe('the page says when and from where its ticket was asked for', () => {
  test.each(Object.keys(formats) as (keyof typeof formats)[])('in %s', async (format) => {
    const address = await pageFrom('198.51.100.7', format);
    const shown = await visit(address, from('203.0.113.9'));
    expect(shown.text).toContain('Invoice importer asks for access to your Previsto account.');
    expect(cautionIn(shown.text)).toMatch(
      /^It was asked for less than a minute ago, at \d\d:\d\d UTC, from the address 198\.51\.100\.7\. Go on only if you started this just now\./,
    );
    const again = await enter(address, 'wrong', '203.0.113.9');
    expect(cautionIn(again.text)).toContain('from the address 198.51.100.7. Go on only if');
    const done = await enter(address, credentials.previsto, '203.0.113.9');
    expect([done.text.includes('You are signed in'), done.text.includes('198.51')]).toEqual([true, false]);
  });

  test.each([
    ['198.51.100.7', '198.51.100.7', 'from your own address, 198.51.100.7.'],
    ['::ffff:198.51.100.7', '198.51.100.7', 'from your own address, 198.51.100.7.'],
    ['2001:db8::7', '2001:db8::8', 'from the address 2001:db8::7.'],
    ['10.1.2.3', '198.51.100.7', 'from inside the network of this service.'],
    ['::ffff:192.168.0.9', '198.51.100.7', 'from inside the network of this service.'],
    ['fd00::7', '2001:db8::8', 'from inside the network of this service.'],
    ['fe80::7%eth0', '2001:db8::8', 'from inside the network of this service.'],
    ['10.1.2.3', '192.168.0.9', 'from the address 10.1.2.3.'],
    ['fe80::7%eth0', '::1', 'from the address fe80::7.'],
  ])('from %s to a user at %s', async (address, user, words) => {
    const { text } = await visit(await pageFrom(address), from(user));
    expect(cautionIn(text)).toContain(`UTC, ${words} Go on`);
  });

  test.each(['<b>your bank</b>', 'your bank', "'; --", '198.51.100.300'])(
    'but never what is no address: %s',
    async (text) => {
      const shown = await visit(await pageFrom(text), from(text));
      expect(cautionIn(shown.text)).toMatch(/at \d\d:\d\d UTC\. Go on only if/);
      expect(shown.text).not.toContain('bank');
    },
  );
});

test('the address is not readable in the store', async () => {
  await pageFrom('198.51.100.123');
  const folder = join(bridge.folder, 'data');
  for (const name of await readdir(folder))
    expect([name, (await readFile(join(folder, name))).includes('198.51.100')]).toEqual([name, false]);
});
