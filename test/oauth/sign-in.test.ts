import { expect, test } from '@jest/globals';
import { afterwards } from '../support/cleanup.js';
import { type BrowserPage, type CookieBrowser, createCookieBrowser } from '../support/clients/cookie-browser.js';
import { oldClients } from '../support/clients/old-clients.js';
import { startBridge } from '../support/servers/bridge.js';
import { newTicket, pageAddress } from '../support/servers/modern-apis.js';
import { startVendor, type VendorOptions } from '../support/servers/vendor.js';

async function start(options?: VendorOptions, more: Record<string, unknown> = {}) {
  const vendor = await startVendor(options);
  const bridge = await startBridge({ applications: [{ ...vendor.application(), ...more }] });
  afterwards(bridge.close);
  vendor.open(bridge.url);
  const call = (action: string, parameters: Record<string, string>) =>
    oldClients.rest(bridge.url, action, { api_key: 'key', ...parameters });
  return { vendor, bridge, call };
}

/** Goes on at the vendor until the browser is back. */
async function agree(browser: CookieBrowser, page: BrowserPage, answer = 'Agree'): Promise<BrowserPage> {
  return page.url.includes('/interaction/') ? agree(browser, await browser.open(page.url, { answer }), answer) : page;
}

test('a user agrees at the vendor, and a call after the end of the access token renews it', async () => {
  const { vendor, bridge, call } = await start({ lifeSeconds: 2 });
  const ticket = await newTicket(bridge.url, 'key');
  const browser = createCookieBrowser();
  const form = await browser.open(pageAddress(bridge.url, ticket));
  expect(form.text).toContain('Continue at Vendor');
  const back = await agree(browser, await browser.open(form.url, {}));
  expect(back.text).toContain('You are signed in');
  const { authToken } = await call('get_auth_token', { ticket });
  expect((await call('get_account_info', { auth_token: authToken })).status).toBe('get_account_info_ok');
  vendor.endAccessTokens;
});
