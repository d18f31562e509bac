import type { BrowserContext, Page } from 'playwright-core';

export interface WatchedPage {
  readonly page: Page;
  /** The origins that it asked for anything. */
  readonly hosts: Set<string>;
  /** Errors on its console, such as violations of the policy. */
  readonly errors: string[];
}

/** A new page, watched from its first request on. */
export async function newWatchedPage(context: BrowserContext): Promise<WatchedPage> {
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const hosts = new Set<string>();
  const errors: string[] = [];
  page.on('request', (request) => hosts.add(new URL(request.url()).origin));
  page.on('console', (message) => errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));
  return { page, hosts, errors };
}
