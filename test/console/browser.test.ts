import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { formats } from '../../src/console/try-request.js';
import { actionNames } from '../../src/core/actions.js';
import { seatableAccounts } from '../../src/sandbox/seatable.js';
import {
  DESK,
  describeWithChromium,
  PHONE,
  screenshot,
  sidewaysOf,
  violationsOf,
} from '../support/clients/chromium.js';
import { API_KEY, AUTH_TOKEN, type ConsoleBridge, PASSWORD, startConsole } from '../support/servers/console.js';
import { bestOf } from '../support/time.js';

const MARKUP = '<img src=x onerror="document.title=1">';
const vault = { api_key: 'key-of-the-vault', name: MARKUP, provider: 'seatable', credentials: 'vault' };
const credential = seatableAccounts.loneUser.token;

describeWithChromium('the console in Chromium', (visit) => {
  /** A console with calls of each kind, and tokens. */
  async function startBusy(isLocked = false): Promise<ConsoleBridge> {
    const bridge = await startConsole({ isLocked, more: [{ ...vault, base_url: '/seatable' }] });
    await bridge.call({}, { 'User-Agent': MARKUP });
    await bridge.call({ auth_token: 'sk_unknown' }, { 'User-Agent': 'Mozilla/4.0 (compatible; MSIE 6.0)' });
    await bridge.call({ api_key: 'nobody', action: 'get_account_tree' });
    await bridge.call({ api_key: vault.api_key, action: 'authorization', login: 'a', password: credential });
    return bridge;
  }

  const live = (page: Page) => page.getByText('Live.').waitFor();

  test('a call appears within a second, and is opened by the keyboard alone', async () => {
    const { admin, call } = await startBusy();
    const { page, hosts, errors } = await visit(`${admin}/console/calls`);
    await live(page);
    expect(await page.locator('tbody tr').count()).toBe(4);
    let newcomers = 0;
    const appears = async () => {
      newcomers += 1;
      await call({}, { 'User-Agent': `Newcomer-${newcomers}-` });
      await page.getByRole('row', { name: new RegExp(`Newcomer-${newcomers}-`) }).waitFor();
    };
    expect(await bestOf(1000, appears)).toBeLessThan(1000);
    const row = page.locator('tbody tr').first();
    expect(await row.textContent()).toContain('Newcomer');
    await row.getByRole('link').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByRole('heading', { name: 'Reply as sent' }).waitFor();
    const shown = (await page.getByRole('dialog').textContent()) ?? '';
    for (const part of ['Request as received', 'As understood', 'accounts/current', 'Authorization: •••'])
      expect(shown).toContain(part);
    const content = await page.content();
    for (const secret of [API_KEY, AUTH_TOKEN, credential]) expect(content).not.toContain(secret);
    await page.keyboard.press('Escape');
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(await row.locator('a:focus').count()).toBe(1);
    expect([...hosts]).toEqual([admin]);
    expect(errors).toEqual([]);
  });

  test('words narrow the list, which stays live', async () => {
    const { admin, call } = await startBusy();
    const { page, errors } = await visit(`${admin}/console/calls`);
    await live(page);
    await page.getByLabel('Words').fill('perl');
    await page.getByText('No call yet').waitFor();
    await call({}, { 'User-Agent': 'PHP' });
    await call({}, { 'User-Agent': 'Perl' });
    await page.getByRole('row', { name: /Perl/ }).waitFor();
    expect(await page.locator('tbody tr').count()).toBe(1);
    await page.getByLabel('Words').fill('');
    await page.getByLabel('Only without success').check();
    await page.waitForURL(/failures=on/);
    await page.getByRole('row', { name: /MSIE/ }).waitFor();
    expect(await page.locator('.status.good').count()).toBe(0);
    expect(errors).toEqual([]);
  });

  test('a console that is open for long keeps five hundred rows', async () => {
    const { admin, call } = await startConsole();
    const { page } = await visit(`${admin}/console/calls`);
    await live(page);
    for (let n = 0; n < 52; n++) await Promise.all(Array.from({ length: 10 }, () => call({ auth_token: `sk_${n}` })));
    await call({}, { 'User-Agent': 'The last' });
    await page.getByRole('row', { name: /The last/ }).waitFor();
    expect(await page.locator('tbody tr').count()).toBe(500);
  }, 60_000);

  test.each(Object.entries(formats))(
    'every action is tried in the format %s',
    async (_format, { title }) => {
      const { admin } = await startBusy();
      const { page, hosts, errors } = await visit(`${admin}/console/try`);
      await page.getByLabel('Format').selectOption(title);
      for (const action of actionNames) {
        await page.getByLabel('Action').selectOption(action);
        await page.locator(`#parameters[data-action=${action}]`).waitFor();
        const token = page.getByLabel('auth_token');
        if ((await token.count()) > 0) await token.fill(AUTH_TOKEN);
        await page.getByRole('button', { name: 'Call' }).click();
        const request = page.locator('#result .message').first();
        await request.filter({ hasText: action }).waitFor();
        expect(await page.locator('#result .message').last().textContent()).toMatch(/status|Fault/);
        const content = await page.content();
        for (const secret of [API_KEY, AUTH_TOKEN]) expect(content).not.toContain(secret);
      }
      await page.getByText('C#', { exact: true }).click();
      await page.getByText('static class BoxCall').waitFor();
      expect([...hosts]).toEqual([admin]);
      expect(errors).toEqual([]);
    },
    60_000,
  );

  test('a token is revoked', async () => {
    const { admin } = await startBusy();
    const { page, errors } = await visit(`${admin}/console/applications`);
    await page.getByRole('button', { name: /^Revoke [0-9a-z]{12}$/ }).click();
    await page.getByText('Revoked: 1.').waitFor();
    await page.getByText('None here.').waitFor();
    expect(errors).toEqual([]);
  });

  test('a token that somebody else has revoked is said to be gone', async () => {
    const { admin } = await startBusy();
    const { page } = await visit(`${admin}/console/applications`);
    const other = await visit(`${admin}/console/applications`);
    const button = (of: Page) => of.getByRole('button', { name: /^Revoke [0-9a-z]{12}$/ });
    await button(other.page).click();
    await other.page.getByText('Revoked: 1.').waitFor();
    await button(page).click();
    await page.getByText(/This did not work \(400\)\. 0 tokens begin with/).waitFor();
    expect(await button(page).count()).toBe(1);
  });

  test('with its password it is live too', async () => {
    const { admin, call } = await startBusy(true);
    const httpCredentials = { username: 'anybody', password: PASSWORD };
    const { page, errors } = await visit(`${admin}/console`, { httpCredentials });
    await live(page);
    await call({}, { 'User-Agent': 'Newcomer' });
    await page.getByRole('row', { name: /Newcomer/ }).waitFor();
    expect(errors.filter((text) => !text.includes('401'))).toEqual([]);
  });

  test.each(Object.entries({ phone: PHONE, desk: DESK }))(
    'is accessible on a %s, in the light and in the dark',
    async (name, viewport) => {
      const { admin } = await startBusy();
      const { page, hosts, errors } = await visit(`${admin}/console/calls`, { viewport });
      const check = async (what: string) => {
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          await screenshot(page, `console-${what}-${name}-${colorScheme}`);
          expect([what, colorScheme, await sidewaysOf(page)]).toEqual([what, colorScheme, 0]);
          expect([what, colorScheme, await violationsOf(page)]).toEqual([what, colorScheme, []]);
        }
      };
      await live(page);
      await page.locator('.u-wrap').first().waitFor();
      await check('calls');
      await page.locator('tbody tr').last().getByRole('link').click();
      await page.getByRole('dialog').waitFor();
      await check('opened');
      await page.getByText('Back to the calls').click();
      await page.getByLabel('Words').fill('nothing of this kind');
      await page.getByText('No call yet').waitFor();
      await check('empty');
      for (const path of ['applications', 'addresses', 'nowhere']) {
        await page.goto(`${admin}/console/${path}`);
        await check(path);
      }
      await page.goto(`${admin}/console/try?action=change_password`);
      await check('try');
      await page.getByRole('button', { name: 'Call' }).click();
      await page.getByText('To paste').waitFor();
      await check('tried');
      expect([...hosts]).toEqual([admin]);
      expect(errors.filter((text) => !text.includes('404'))).toEqual([]);
    },
    60_000,
  );
});
