import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import { type Listener, listen } from '../../src/http/listener.js';
import { sandboxPaths, startSandbox } from '../../src/sandbox/sandbox.js';
import { seatableAccounts } from '../../src/sandbox/seatable.js';
import { catalogue } from '../../src/sign-in/languages/catalogue.js';
import {
  DESK,
  describeWithChromium,
  PHONE,
  screenshot,
  sidewaysOf,
  violationsOf,
  type WatchedPage,
} from '../support/clients/chromium.js';
import { startBridge } from '../support/servers/bridge.js';

const anywhere = { host: '127.0.0.1', port: 0 };
const credential = seatableAccounts.loneUser.token;
const wrong = 'not-the-secret-of-anybody';
const accepts = 'SeaTable did not accept this account token. Check it and try again.';

describeWithChromium('signing in with Chromium', (show) => {
  const opened: Listener[] = [];
  let bridge: string;
  /** A site with a form whose action is the fragment of its address. */
  let stranger: string;
  /** The URLs requested from the web application. */
  const arrivals: string[] = [];

  const urlOf = async (starting: Promise<Listener>): Promise<string> => {
    const listening = await starting;
    opened.push(listening);
    return listening.url;
  };

  beforeAll(async () => {
    const sandbox = await urlOf(startSandbox(anywhere));
    const html = { 'Content-Type': 'text/html' };
    const elsewhere = await urlOf(
      listen((_request, response) => void response.writeHead(200, html).end('<h1>Another place of it</h1>'), anywhere),
    );
    const web = await urlOf(
      listen((request, response) => {
        arrivals.push(request.url ?? '');
        if (request.url?.startsWith('/onwards')) response.writeHead(302, { Location: elsewhere }).end();
        else response.writeHead(200, html).end('<h1>Back in the old program</h1>');
      }, anywhere),
    );
    const form =
      '<form method="post"><input name="password"><button>Win</button></form>' +
      '<script>document.forms[0].action = decodeURIComponent(location.hash.slice(1))</script>';
    stranger = await urlOf(
      listen((_request, response) => void response.writeHead(200, html).end(`<h1>A stranger</h1>${form}`), anywhere),
    );
    const one = { provider: 'seatable', base_url: sandbox + sandboxPaths.seatable, credentials: 'vault' };
    bridge = await urlOf(
      startBridge({
        operator: { name: 'Example Ltd', contact: 'help@example.com' },
        applications: [
          { ...one, api_key: 'desktop', name: 'Invoice importer' },
          { ...one, api_key: 'web', name: 'Old web shop', redirect_url: `${web}/back?from=box` },
          { ...one, api_key: 'onwards', name: 'Old web shop', redirect_url: `${web}/onwards` },
          { ...one, api_key: 'confirmed', name: 'Confirmed importer', confirm_sign_in: true },
          { ...one, api_key: 'long', name: `Importer ${'of-everything-'.repeat(20)}` },
          { ...one, api_key: 'down', name: 'Cut off', base_url: 'http://127.0.0.1:1' },
        ],
      }),
    );
  });

  afterAll(async () => {
    for (const listening of opened.reverse()) await listening.close();
  });

  const rest = async (parameters: Readonly<Record<string, string>>) =>
    (await fetch(`${bridge}/api/1.0/rest?${new URLSearchParams(parameters)}`)).text();

  const within = (name: string, reply: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(reply)?.[1] ?? reply;

  interface Visit extends WatchedPage {
    readonly ticket: string;
  }

  /** A user whom an old program sends to the page. */
  async function visit(apiKey: string, options: BrowserContextOptions = {}): Promise<Visit> {
    const ticket = within('ticket', await rest({ action: 'get_ticket', api_key: apiKey }));
    return { ...(await show(`${bridge}/api/1.0/auth/${ticket}`, options)), ticket };
  }

  const secretOf = (page: Page) => page.getByLabel('Password, or account token');
  const heading = (page: Page) => page.getByRole('heading', { level: 1 }).textContent();

  async function enter(page: Page, secret: string): Promise<void> {
    await secretOf(page).fill(secret);
    await page.getByRole('button', { name: 'Sign in' }).click();
  }

  test('a wrong token shows the form without it, the right one ends the sign-in', async () => {
    const { page, ticket, hosts, errors } = await visit('desktop');
    expect(await heading(page)).toBe('Sign in to SeaTable');
    expect(await page.textContent('main')).toContain('Invoice importer asks for access to your SeaTable account.');
    await enter(page, wrong);
    expect(await page.getByRole('alert').textContent()).toBe(accepts);
    expect(await secretOf(page).inputValue()).toBe('');
    expect(await page.content()).not.toContain(wrong);
    expect(page.url()).toBe(`${bridge}/api/1.0/auth/${ticket}`);
    const redeem = { action: 'get_auth_token', api_key: 'desktop', ticket };
    expect(within('status', await rest(redeem))).toBe('not_logged_in');

    await enter(page, credential);
    expect(await heading(page)).toBe('You are signed in');
    expect(await page.textContent('main')).toContain('You can close this window');
    expect(await page.content()).not.toContain(credential);
    await page.reload();
    expect(await heading(page)).toBe('You are signed in');
    expect(within('status', await rest(redeem))).toBe('get_auth_token_ok');
    await page.goto(page.url());
    expect(await heading(page)).toBe('This sign-in is over');

    expect([...hosts]).toEqual([bridge]);
    // The last page is a 404, which the console reports.
    expect(errors.filter((text) => !text.includes('404'))).toEqual([]);
  });

  test('the real name and password sign in', async () => {
    const { page, ticket, hosts, errors } = await visit('desktop');
    const name = page.getByLabel('Name or e-mail at SeaTable');
    const { info, password } = seatableAccounts.teamMember;
    await name.fill(info.contact_email);
    await enter(page, 'wrong');
    expect(await page.getByRole('alert').textContent()).toContain('did not accept this name and password');
    // The name is gone too, and it begins there: a password alone would be tried as a token.
    expect([await name.inputValue(), await name.getAttribute('aria-invalid')]).toEqual(['', 'true']);
    await page.keyboard.type(info.contact_email);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'You are signed in' }).waitFor();
    expect(await heading(page)).toBe('You are signed in');
    expect(await page.textContent('main')).toContain(
      'Invoice importer now has access to your SeaTable account teamplayer@example.com.',
    );
    expect(await page.content()).not.toContain(password);
    const redeemed = await rest({ action: 'get_auth_token', api_key: 'desktop', ticket });
    expect(within('email', redeemed)).toBe(info.contact_email);
    expect([[...hosts], errors]).toEqual([[bridge], []]);
  });

  test('an account with a second factor is told what to enter', async () => {
    const { page } = await visit('desktop');
    const { info, password, token } = seatableAccounts.cloudUser;
    await page.getByLabel('Name or e-mail at SeaTable').fill(info.contact_email);
    await enter(page, password);
    expect(await page.getByRole('alert').textContent()).toContain('asks for a one-time code');
    await screenshot(page, 'second-factor');
    await enter(page, token);
    expect(await heading(page)).toBe('You are signed in');
  });

  test('an outage is shown and loses nothing', async () => {
    const { page } = await visit('down');
    await enter(page, credential);
    expect(await page.getByRole('alert').textContent()).toContain('does not answer right now');
    expect(await page.content()).not.toContain(credential);
    expect(await secretOf(page).isVisible()).toBe(true);
  });

  test.each([
    ['web', '/back?from=box&', 'Back in the old program'],
    ['onwards', '/onwards?', 'Another place of it'],
  ])('the user of the application %s is redirected to it', async (apiKey, start, title) => {
    const { page, ticket, errors } = await visit(apiKey);
    await enter(page, wrong);
    expect(await page.getByRole('alert').textContent()).toBe(accepts);
    await enter(page, credential);
    await page
      .getByRole('heading', { name: title })
      .waitFor({ timeout: 5000 })
      .catch(() => {});
    expect([await heading(page), errors]).toEqual([title, []]);
    const arrival = arrivals.find((url) => url.includes(ticket)) ?? '';
    expect(arrival.slice(0, -32)).toBe(`${start}ticket=${ticket}&auth_token=`);
    const authToken = new URL(arrival, bridge).searchParams.get('auth_token') ?? '';
    const info = await rest({ action: 'get_account_info', api_key: apiKey, auth_token: authToken });
    expect(within('status', info)).toBe('get_account_info_ok');
  });

  test('the keyboard alone signs in', async () => {
    const { page, errors } = await visit('desktop');
    const focused = () => page.evaluate<string>('document.activeElement.name || document.activeElement.type');
    expect(await focused()).toBe('login');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('password');
    await page.keyboard.type(wrong);
    await page.keyboard.press('Enter');
    expect(await page.getByRole('alert').textContent()).toBe(accepts);
    expect(await focused()).toBe('password');
    await page.keyboard.press('Shift+Tab');
    expect(await page.evaluate<string>('document.activeElement.textContent')).toMatch(/^How to get it/);
    await page.keyboard.press('Tab');
    await page.keyboard.type(credential);
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('button');
    await page.keyboard.press('Space');
    expect(await secretOf(page).getAttribute('type')).toBe('text');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('submit');
    await page.keyboard.press('Space');
    await page.getByRole('heading', { name: 'You are signed in' }).waitFor();
    expect(errors).toEqual([]);
  });

  test.each(['127.0.0.1', 'localhost', 'box.example.com'])('a form of a stranger at %s is refused', async (host) => {
    const { page, ticket, errors } = await visit('desktop');
    const address = page.url();
    await page.goto(`${stranger.replace('127.0.0.1', host)}/#${encodeURIComponent(address)}`);
    await page.locator('input').fill(credential);
    await page.getByRole('button', { name: 'Win' }).click();
    await page.getByRole('heading', { name: 'Sign in to SeaTable' }).waitFor();
    expect(await page.getByRole('alert').textContent()).toContain('Another site sent this form');
    expect(errors.filter((text) => !text.includes('403'))).toEqual([]);
    expect(within('status', await rest({ action: 'get_auth_token', api_key: 'desktop', ticket }))).toBe(
      'not_logged_in',
    );
    await enter(page, credential);
    expect(await heading(page)).toBe('You are signed in');
  });

  test('the own form is taken over plain HTTP too', async () => {
    const { page } = await visit('desktop');
    await page.goto(page.url().replace('127.0.0.1', 'box.example.com'));
    await enter(page, credential);
    expect(await heading(page)).toBe('You are signed in');
  });

  test('an empty form is not sent', async () => {
    const { page, hosts } = await visit('desktop');
    await page.getByRole('button', { name: 'Sign in' }).click();
    expect(await page.evaluate<boolean>('document.querySelector(":invalid") !== null')).toBe(true);
    expect(await page.getByRole('alert').count()).toBe(0);
    expect(hosts.size).toBe(1);
  });

  test('labels and hints belong to their fields', async () => {
    const { page } = await visit('desktop');
    const described = async () => ((await secretOf(page).getAttribute('aria-describedby')) ?? '').split(' ');
    expect(await secretOf(page).getAttribute('name')).toBe('password');
    expect(await secretOf(page).getAttribute('aria-invalid')).toBeNull();
    expect(await described()).toHaveLength(1);
    await enter(page, wrong);
    const [hint, problem] = await described();
    expect(await page.locator(`#${hint}`).textContent()).toMatch(/auth-token/);
    expect(await page.locator(`#${problem}`).textContent()).toBe(accepts);
    expect(await secretOf(page).getAttribute('aria-invalid')).toBe('true');
    expect(await page.evaluate<string>('document.documentElement.lang')).toBe('en');
  });

  const looks = Object.entries({ phone: PHONE, desk: DESK }).flatMap(([name, viewport]) =>
    ['desktop', 'long'].map((apiKey) => ({ apiKey, name, viewport })),
  );

  test.each(looks)('$apiKey is easy to read on a $name, in the light and in the dark', async (look) => {
    const { apiKey, name, viewport } = look;
    const { page, errors } = await visit(apiKey, { viewport });
    const looksGood = async (what: string) => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await screenshot(page, `${what}-${name}-${colorScheme}`);
        expect([what, colorScheme, await sidewaysOf(page)]).toEqual([what, colorScheme, 0]);
        const texts = await page.evaluate<{ text: string; contrast: number }[]>(CONTRASTS);
        expect(texts.length).toBeGreaterThan(1);
        const unclear = texts.filter(({ contrast }) => !(contrast >= 4.5));
        expect([what, colorScheme, unclear]).toEqual([what, colorScheme, []]);
        expect(await page.evaluate<number>(LIGHTNESS)).toBeCloseTo(colorScheme === 'light' ? 1 : 0, 1);
      }
    };
    await looksGood(`${apiKey}-form`);
    await enter(page, wrong);
    await page.getByRole('alert').waitFor();
    await secretOf(page).fill('x'.repeat(200));
    await looksGood(`${apiKey}-rejected`);
    await enter(page, credential);
    await page.getByRole('heading', { name: 'You are signed in' }).waitFor();
    await looksGood(`${apiKey}-done`);
    expect(errors).toEqual([]);
  });

  const speakers = [
    ...Object.entries(catalogue).map(
      ([locale, texts]) => ({ locale, texts, viewport: PHONE, colorScheme: 'dark' }) as const,
    ),
    { locale: 'en', texts: catalogue.en, viewport: DESK, colorScheme: 'light' } as const,
  ];

  test.each(speakers)(
    'is accessible in $locale, in the $colorScheme',
    async ({ locale, texts, viewport, colorScheme }) => {
      const check = async (page: Page, what: string) => {
        await screenshot(page, `${locale}-${what}-${colorScheme}`);
        expect([what, await sidewaysOf(page)]).toEqual([what, 0]);
        expect([what, await violationsOf(page)]).toEqual([what, []]);
      };
      const { page, hosts, errors } = await visit('confirmed', { viewport, colorScheme, locale });
      const enterHere = async (secret: string, confirmation: string) => {
        await page.locator('[name=password]').fill(secret);
        await page.locator('[name=confirmation]').fill(confirmation);
        await page.getByRole('button', { name: texts.form.submit }).click();
      };
      expect(await heading(page)).toBe(texts.form.title('SeaTable'));
      await check(page, 'form');
      await enterHere(wrong, page.url().slice(-32, -28));
      await page.getByText(texts.problem.refused('SeaTable', 'account token')).waitFor();
      await check(page, 'rejected');
      await enterHere(wrong, '????');
      await page.getByText(texts.problem.unconfirmed).waitFor();
      expect(await page.evaluate<string>('document.activeElement.name')).toBe('confirmation');
      await enterHere(credential, page.url().slice(-32, -28));
      await page.getByText(texts.done.text('Confirmed importer', 'SeaTable', 'lone-user')).waitFor();
      await check(page, 'done');
      await page.goto(`${bridge}/api/1.0/auth/${'x'.repeat(32)}`);
      expect(await heading(page)).toBe(texts.over.title);
      await check(page, 'over');
      expect([...hosts]).toEqual([bridge]);
      expect(errors.filter((text) => !text.includes('404'))).toEqual([]);
    },
  );

  test.each(Object.entries(catalogue))('the letters may be twice as large on a phone, in %s', async (locale, texts) => {
    const { page } = await visit('confirmed', { viewport: PHONE, locale });
    const widths = async () => {
      const boxes = await Promise.all((await page.locator('input').all()).map((field) => field.boundingBox()));
      return boxes.map((box) => box?.width ?? 0);
    };
    // With letters of the usual size, the button stands beside its field.
    const top = async (part: Locator) => (await part.boundingBox())?.y;
    expect(await top(page.getByRole('button', { name: texts.form.show }))).toBe(await top(page.locator('#password')));
    expect(Math.min(...(await widths()))).toBeGreaterThan(PHONE.width / 2);
    await page.evaluate("document.documentElement.style.fontSize = '200%'");
    await screenshot(page, `${locale}-large`);
    expect(await sidewaysOf(page)).toBe(0);
    expect(Math.min(...(await widths()))).toBeGreaterThan(PHONE.width / 2);
  });

  test('each field and button has an edge where the colours are the own ones of the user', async () => {
    const { page } = await visit('confirmed', { forcedColors: 'active' });
    const edges = await page.evaluate<string[]>(
      "[...document.querySelectorAll('input, button')].map((part) => getComputedStyle(part).borderTop)",
    );
    expect(edges).toHaveLength(5);
    for (const edge of edges) expect(edge).toMatch(/^[1-9]\d*px solid (?!rgba\(0, 0, 0, 0\))/);
  });

  test('what is entered is shown on request, and sent as a secret', async () => {
    const { page, errors } = await visit('desktop');
    const type = () => secretOf(page).getAttribute('type');
    await secretOf(page).fill(wrong);
    await page.getByRole('button', { name: 'Show' }).click();
    expect(await type()).toBe('text');
    await page.getByRole('button', { name: 'Hide' }).click();
    expect(await type()).toBe('password');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.evaluate("document.forms[0].addEventListener('submit', (event) => event.preventDefault())");
    await page.getByRole('button', { name: 'Sign in' }).click();
    expect(await type()).toBe('password');
    expect(errors).toEqual([]);
  });

  test('without script it works, and has no button that does not', async () => {
    const { page } = await visit('desktop', { javaScriptEnabled: false });
    expect(await page.getByRole('button').allTextContents()).toEqual(['Sign in']);
    await enter(page, wrong);
    expect(await page.getByRole('alert').textContent()).toBe(accepts);
    await enter(page, credential);
    expect(await heading(page)).toBe('You are signed in');
  });

  test('the links lead to the documentation, in a window of its own, and to who runs the bridge', async () => {
    const { page } = await visit('desktop');
    const documentation = page.getByRole('link', { name: 'How to get it, in the documentation of SeaTable' });
    expect(await documentation.getAttribute('target')).toBe('_blank');
    const contact = page.getByRole('contentinfo').getByRole('link', { name: 'help@example.com' });
    expect(await contact.getAttribute('href')).toBe('mailto:help@example.com');
  });

  test.each(['light', 'dark'] as const)('the focus is visible in the %s, and covers nothing', async (colorScheme) => {
    const { page } = await visit('desktop', { viewport: PHONE, colorScheme });
    for (const part of [page.getByLabel('Name or e-mail'), secretOf(page), ...(await page.getByRole('button').all())]) {
      await part.focus();
      const ring = await page.evaluate<{ style: string; reach: number; contrast: number }>(RING);
      expect(ring.style).toBe('solid');
      expect(ring.contrast).toBeGreaterThanOrEqual(3);
      const box = await part.boundingBox();
      expect(box?.height).toBeGreaterThanOrEqual(40);
      for (const hint of await page.locator('small').all()) {
        const { y = 0, height = 0 } = (await hint.boundingBox()) ?? {};
        const above = y + height <= (box?.y ?? 0) - ring.reach;
        const below = y >= (box?.y ?? 0) + (box?.height ?? 0) + ring.reach;
        expect(above || below).toBe(true);
      }
    }
  });
});

/** Luminance and contrast: https://www.w3.org/TR/WCAG21/#dfn-relative-luminance */
const LUMINANCE = `
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const isClear = (colour) => colour === 'transparent' || numbers(colour)[3] === 0;
  const background = (element) => {
    for (let it = element; it; it = it.parentElement) {
      const colour = getComputedStyle(it).backgroundColor;
      if (!isClear(colour)) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const luminance = (colour) => {
    const [r, g, b] = numbers(colour).map((value) =>
      value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (colour, other) => {
    const [a, b] = [luminance(colour), luminance(other)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
`;

/** The luminance of the page, from 0 to 1. */
const LIGHTNESS = `(() => { ${LUMINANCE} return luminance(background(document.body)); })()`;

/** The contrast of every text and every field to its background. */
const CONTRASTS = `(() => {
  ${LUMINANCE}
  const hasText = (element) =>
    element.matches('input') || [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  return [...document.body.querySelectorAll('*')].filter(hasText).map((element) => {
    const text = element.textContent || element.name;
    return { text, contrast: contrast(getComputedStyle(element).color, background(element)) };
  });
})()`;

/** The outline of the focused element: its reach in pixels, and its contrast to the background. */
const RING = `(() => {
  ${LUMINANCE}
  const { outlineStyle, outlineWidth, outlineOffset, outlineColor } = getComputedStyle(document.activeElement);
  const reach = parseFloat(outlineWidth) + parseFloat(outlineOffset);
  return { style: outlineStyle, reach, contrast: contrast(outlineColor, background(document.activeElement.parentElement)) };
})()`;
