import { writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { sandboxPaths, startSandbox } from '../../../src/sandbox/sandbox.js';
import { afterwards } from '../cleanup.js';
import { startBridge, temporaryFolder } from './bridge.js';

const somewhere = { host: '127.0.0.1', port: 0 };

/** A bridge in front of a sandbox, with a console. */
export interface ConsoleBridge {
  /** Where callers are. */
  readonly url: string;
  /** Where the admin listener is. */
  readonly admin: string;
  /** A call of get_account_info over REST; gives the reply. */
  readonly call: (parameters?: Readonly<Record<string, string>>, headers?: Record<string, string>) => Promise<string>;
}

export const PASSWORD = 'correct horse battery staple';
export const API_KEY = 'key-of-the-invoice-importer';
export const AUTH_TOKEN = 'sk_12345';

/** Starts one; it is closed after the test. */
export async function startConsole({
  admin = {},
  application = {},
  more = [],
  isLocked = false,
}: {
  readonly admin?: Readonly<Record<string, unknown>>;
  /** Further keys of the application that `call` calls. */
  readonly application?: Readonly<Record<string, unknown>>;
  readonly more?: readonly Readonly<Record<string, unknown>>[];
  /** Whether it asks for PASSWORD. */
  readonly isLocked?: boolean;
} = {}): Promise<ConsoleBridge> {
  const sandbox = await startSandbox(somewhere);
  afterwards(sandbox.close);
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  const file = join(path, 'password.txt');
  await writeFile(file, `${PASSWORD}\n`);
  const one = { api_key: API_KEY, name: 'Invoice importer', provider: 'previsto' };
  const bridge = await startBridge({
    admin: { port: 0, ...(isLocked && { console_password_file: file }), ...admin },
    applications: [
      { ...one, base_url: sandbox.url + sandboxPaths.previsto, ...application },
      ...more.map((each) => ({ ...each, base_url: sandbox.url + each.base_url })),
    ],
  });
  afterwards(() => bridge.close());
  return {
    url: bridge.url,
    admin: bridge.adminUrl ?? '',
    call: async (parameters = {}, headers = {}) => {
      const all = { action: 'get_account_info', api_key: API_KEY, auth_token: AUTH_TOKEN, ...parameters };
      return (await fetch(`${bridge.url}/api/1.0/rest?${new URLSearchParams(all)}`, { headers })).text();
    },
  };
}

/** A reply of the console. */
interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A request with any headers, which `fetch` would not send. */
export function ask(
  url: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    request(url, { method, headers }, (response) => {
      text(response).then(
        (received) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: received }),
        reject,
      );
    })
      .on('error', reject)
      .end(body);
  });
}

export const basic = (password: string) => ({
  Authorization: `Basic ${Buffer.from(`anybody:${password}`).toString('base64')}`,
});
