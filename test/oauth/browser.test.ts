import { expect, test } from '@jest/globals';
import { describeWithChromium } from '../support/clients/chromium.js';
import { pageAddress } from '../support/servers/modern-apis.js';
import { startWithVendor } from '../support/servers/vendor-session.js';

describeWithChromium('agreeing at a vendor with Chromium', (visit) => {
  test('the page sends the user to the vendor by a code with PKCE, and the vendor sends the user back', async () => {
    const bridge = await startWithVendor();
    const ticket = await bridge.newTicket();
    const { page, errors } = await visit(pageAddress(bridge.url, ticket));
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
    const { authToken } = await bridge.call('get_auth_token', { ticket });
    expect((await bridge.call('get_account_info', { auth_token: authToken })).status).toBe('get_account_info_ok');
  }, 60_000);
});
