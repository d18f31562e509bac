import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { formats } from '../../src/console/try-request.js';
import { actionNames } from '../../src/core/actions.js';
import { seatableAccounts } from '../../src/sandbox/seatable.js';
import { describeWith, pathOf } from '../interop/requirements.js';
import { afterwards } from '../support/cleanup.js';
import { newWatchedPage, type WatchedPage } from '../support/clients/watched-page.js';
import { API_KEY, AUTH_TOKEN, type ConsoleBridge, PASSWORD, startConsole } from '../support/servers/console.js';
import { bestOf } from '../support/time.js';

const CHROMIUM = { what: 'Chromium', debian: 'chromium', probe: ['chromium', '--version'] } as const;
const PHONE = { width: 320, height: 640 };
const DESK = { width: 1280, height: 800 };
const MARKUP = '<img src=x onerror="document.title=1">';
const vault = { api_key: 'key-of-the-vault', name: MARKUP, provider: 'seatable', credentials: 'vault' };
const credential = seatableAccounts.loneUser.token;

describeWith([CHROMIUM], 'the console in Chromium', () => {
  let browser: Browser;

  beforeAll(async () => {
    const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
    const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
    browser = await chromium.launch({ executablePath: pathOf('chromium'), args: [...args, ...quiet] });
  }, 60_000);
  afterAll(() => browser?.close());

  /** A console with calls of each kind, and tokens. */
  async function startBusy(isLocked = false): Promise<ConsoleBridge> {
    const bridge = await startConsole({ isLocked, more: [{ ...vault, base_url: '/seatable' }] });
    await bridge.call({}, { 'User-Agent': MARKUP });
    await bridge.call({ auth_token: 'sk_unknown' }, { 'User-Agent': 'Mozilla/4.0 (compatible; MSIE 6.0)' });
    await bridge.call({ api_key: 'nobody', action: 'get_account_tree' });
    await bridge.call({ api_key: vault.api_key, action: 'authorization', login: 'a', password: credential });
    return bridge;
  }

  async function visit(url: string, options: BrowserContextOptions = {}): Promise<WatchedPage> {
    const context = await browser.newContext({ viewport: DESK, ...options });
    afterwards(() => context.close());
    const watched = await newWatchedPage(context);
    const { page } = watched;
    page.on('dialog', (dialog) => dialog.accept());
    await page.goto(url);
    return watched;
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
    for (const secret of [API_KEY, AUTH_TOKEN, credential]) expect(await page.content()).not.toContain(secret);
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
        for (const secret of [API_KEY, AUTH_TOKEN]) expect(await page.content()).not.toContain(secret);
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

  const looks = (['light', 'dark'] as const).flatMap((colorScheme) =>
    Object.entries({ phone: PHONE, desk: DESK }).map(([name, viewport]) => ({ name, viewport, colorScheme })),
  );

  test.each(looks)(
    'is accessible on a $name in the $colorScheme',
    async ({ name, viewport, colorScheme }) => {
      const { admin } = await startBusy();
      const { page, hosts, errors } = await visit(`${admin}/console/calls`, { viewport, colorScheme });
      const check = async (what: string) => {
        await screenshot(page, `console-${what}-${name}-${colorScheme}`);
        expect([what, await page.evaluate<number>(SIDEWAYS)]).toEqual([what, 0]);
        // The policy of the page lets no other script in; the debugger may.
        await page.evaluate(axe.source);
        const violations = await page.evaluate<string[]>(VIOLATIONS);
        expect([what, violations]).toEqual([what, []]);
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

/** Taken where SCREENSHOTS names a directory for them. */
async function screenshot(page: Page, name: string): Promise<void> {
  const { SCREENSHOTS: folder } = process.env;
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

/** Pixels by which the page is wider than its window. */
const SIDEWAYS = 'Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)';

/** What axe finds against WCAG 2.2 AA and its own best practices, and where. */
const VIOLATIONS = `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
  .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 200))))`;
