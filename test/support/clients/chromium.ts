import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { describeWith, pathOf } from '../../interop/requirements.js';
import { afterwards } from '../cleanup.js';

export interface WatchedPage {
  readonly page: Page;
  /** The origins that it asked for anything. */
  readonly hosts: Set<string>;
  /** Errors on its console, such as violations of the policy. */
  readonly errors: string[];
}

/** Shows a URL on a page that only the test has, which is watched from its first request on. */
export type Visit = (url: string, options?: BrowserContextOptions) => Promise<WatchedPage>;

export const PHONE = { width: 320, height: 640 };
export const DESK = { width: 1280, height: 800 };

const CHROMIUM = { what: 'Chromium', debian: 'chromium', probe: ['chromium', '--version'] } as const;

const ARGUMENTS = [
  '--no-sandbox',
  // A host that is not this machine: of such a one, over plain HTTP, browsers tell less.
  '--host-resolver-rules=MAP box.example.com 127.0.0.1',
  '--disable-gpu',
  '--disable-quic',
];

/** A describe with a Chromium of its own; skipped, or with INTEROP=required failed, where there is none. */
export function describeWithChromium(name: string, body: (visit: Visit) => void): void {
  describeWith([CHROMIUM], name, () => {
    let browser: Browser;
    /** What most tests need, one after the other: a process for each costs more than what it shows. */
    let kept: Page;
    let isTaken = false;

    async function newPage(options: BrowserContextOptions): Promise<Page> {
      const context = await browser.newContext({ viewport: DESK, ...options });
      context.setDefaultTimeout(10_000);
      return context.newPage();
    }

    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: pathOf('chromium'), args: ARGUMENTS });
      kept = await newPage({});
    }, 60_000);
    afterAll(() => browser?.close());

    /** The kept page, unless the test has it or asks for more than such a page can become. */
    async function pageFor(options: BrowserContextOptions): Promise<Page> {
      const { viewport = DESK, colorScheme = 'light', locale = 'en-US', ...more } = options;
      if (isTaken || Object.keys(more).length > 0) {
        const page = await newPage(options);
        afterwards(() => page.context().close());
        return page;
      }
      isTaken = true;
      afterwards(async () => {
        for (const event of ['request', 'console', 'pageerror', 'dialog'] as const) kept.removeAllListeners(event);
        await kept.goto('about:blank');
        await kept.context().clearCookies();
        isTaken = false;
      });
      await kept.setViewportSize(viewport ?? DESK);
      await kept.emulateMedia({ colorScheme });
      // All that a server hears of the language.
      await kept.setExtraHTTPHeaders({ 'Accept-Language': locale });
      return kept;
    }

    body(async (url, options = {}) => {
      const page = await pageFor(options);
      const hosts = new Set<string>();
      const errors: string[] = [];
      page.on('request', (request) => hosts.add(new URL(request.url()).origin));
      page.on('console', (message) => errors.push(message.text()));
      page.on('pageerror', (error) => errors.push(error.message));
      page.on('dialog', (dialog) => dialog.accept());
      await page.goto(url);
      return { page, hosts, errors };
    });
  });
}

/** Taken where SCREENSHOTS names a directory for them. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const { SCREENSHOTS: folder } = process.env;
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

/** Pixels by which a page is wider than its window. */
export function sidewaysOf(page: Page): Promise<number> {
  return page.evaluate('Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)');
}

const require = createRequire(import.meta.url);
const axe = () => readFile(require.resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds on a page against WCAG 2.2 AA and its own best practices, and where. */
export async function violationsOf(page: Page): Promise<string[]> {
  // The policy of the page lets no other script in; the debugger may.
  if (!(await page.evaluate<boolean>('"axe" in window'))) await page.evaluate(await axe());
  return page.evaluate(VIOLATIONS);
}

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const VIOLATIONS = `axe.run(document, { runOnly: ${JSON.stringify(RULES)}, resultTypes: ['violations'] })
  .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 200))))`;
