import { join } from 'node:path';
import type { RuntimeOptions } from '../../../src/bootstrap/runtime-options.js';
import type { Log } from '../../../src/observability/log.js';
import { afterwards } from '../cleanup.js';
import { type BrowserPage, type CookieBrowser, createCookieBrowser } from '../clients/cookie-browser.js';
import { oldClients } from '../clients/old-clients.js';
import { startBridge, temporaryFolder } from './bridge.js';
import { newTicket, pageAddress } from './modern-apis.js';
import { startVendor, type VendorOptions } from './vendor.js';

interface NodesOptions extends VendorOptions {
  /** How many nodes share a store; one unless given. */
  readonly nodes?: number;
  /** The URL of a PostgreSQL database; a file of SQLite unless given. */
  readonly store?: string;
  /** Further keys of the application and of the configuration. */
  readonly application?: Readonly<Record<string, unknown>>;
  readonly configuration?: Readonly<Record<string, unknown>>;
  readonly runtime?: RuntimeOptions & { readonly log?: Log };
}

/** Nodes that share a store, whose one application is signed in to at a vendor. */
export async function startWithVendor(options: NodesOptions = {}) {
  const vendor = await startVendor(options);
  const folder = await temporaryFolder();
  afterwards(folder.remove);
  const configuration = {
    store: options.store ?? `sqlite:${join(folder.path, 'bridge.db')}`,
    key_file: join(folder.path, 'bridge.key'),
    applications: [{ ...vendor.application(), ...options.application }],
    ...options.configuration,
  };
  const first = await startBridge(configuration, options.runtime);
  afterwards(first.close);
  const others = await Promise.all(
    Array.from({ length: (options.nodes ?? 1) - 1 }, () => startBridge(configuration, options.runtime)),
  );
  for (const node of others) afterwards(node.close);
  const nodes = [first, ...others];
  vendor.open(first.url);
  const callAt = (n: number, action: string, parameters: Record<string, string>) =>
    oldClients.rest((nodes[n % nodes.length] ?? first).url, action, { api_key: 'key', ...parameters });
  const call = (action: string, parameters: Record<string, string>) => callAt(0, action, parameters);
  return {
    vendor,
    nodes,
    configuration,
    url: first.url,
    call,
    callAt,
    newTicket: () => newTicket(first.url, 'key'),
    /** Signs in by the page and the vendor; gives the auth_token. */
    signIn: async () => {
      const ticket = await newTicket(first.url, 'key');
      const browser = createCookieBrowser();
      await agree(browser, await browser.open(pageAddress(first.url, ticket), {}));
      return (await call('get_auth_token', { ticket })).authToken;
    },
  };
}

/** Answers at the vendor until the browser is back. */
export async function agree(browser: CookieBrowser, page: BrowserPage, answer = 'Agree'): Promise<BrowserPage> {
  return page.url.includes('/interaction/') ? agree(browser, await browser.open(page.url, { answer }), answer) : page;
}
