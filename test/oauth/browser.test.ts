import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Browser, chromium } from 'playwright-core';
import { describeWith, pathOf } from '../interop/requirements.js';
import { newWatchedPage } from '../support/clients/watched-page.js';
import { pageAddress } from '../support/servers/modern-apis.js';
import { startWithVendor } from '../support/servers/vendor-session.js';

const CHROMIUM = { what: 'Chromium', debian: 'chromium', probe: ['chromium', '--version'] } as const;

describeWith([CHROMIUM], 'agreeing at a vendor with Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: pathOf('chromium'), args: ['--no-sandbox', '--disable-gpu'] });
  }, 60_000);
  afterAll(() => browser?.close());

  test('the page sends the user to the vendor by a code with PKCE, and the vendor sends the user back', async () => {
    const bridge = await startWithVendor();
    const ticket = await bridge.newTicket();
    const context = await browser.newContext();
    const { page, errors } = await newWatchedPage(context);
    await page.goto(pageAddress(bridge.url, ticket));
    expect(await page.getByRole('textbox').count()).toBe(0);
    await page.getByRole('button', { name: 'Continue at Vendor' }).click();
    await page.getByRole('button', { name: 'Refuse' }).click();
    expect(await page.getByRole('alert').textContent()).toContain('you did not agree');
    // The form of that page leads back to the address of the ticket.
    await page.getByRole('button', { name: 'Continue at Vendor' }).click();
    await page.getByRole('button', { name: 'Agree' }).click();
    await page.getByRole('button', { name: 'Agree' }).click();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('You are signed in');
    expect(page.url()).toContain('/api/1.0/auth/callback?code=');
    await page.reload();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('You are signed in');
    expect(errors).toEqual([]);
    await context.close();
    const { authToken } = await bridge.call('get_auth_token', { ticket });
    expect((await bridge.call('get_account_info', { auth_token: authToken })).status).toBe('get_account_info_ok');
  }, 60_000);
});
