import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Load } from './load.js';
import { type Running, startCommand, startServer } from './processes.js';
import { seedStore } from './seed.js';

const TOKENS = 10_000;
export const tokens = Array.from({ length: TOKENS }, (_, index) => `t${String(index).padStart(5, '0')}`);

/** What a bridge of the bench is started with. */
export interface BridgeOptions {
  readonly upstream: string;
  readonly workers?: number;
  /** Applications beside the three that are called. */
  readonly applications?: number;
  /** Accounts, and as many sessions, in its store beside those that are called. */
  readonly stored?: number;
  /** Its store; a SQLite file unless given. */
  readonly store?: string;
  /** Whether it has an admin listener with a console. */
  readonly console?: boolean;
  /** Options of node itself. */
  readonly node?: readonly string[];
}

export interface Contestant extends Running {
  /** The auth_tokens of the application with a vault, where it has one. */
  readonly vaultTokens?: readonly string[];
}

const cli = fileURLToPath(new URL('../src/cli.js', import.meta.url));

/** A bridge as operators run it, its store on disk and its log going nowhere. */
export async function startBridge(options: BridgeOptions): Promise<Contestant> {
  const { upstream, workers, applications = 0, stored = 0, node = [], console = false } = options;
  const { store = 'sqlite:./bridge.db' } = options;
  const folder = await mkdtemp(join(tmpdir(), 'boxbridge-bench-'));
  const application = { provider: 'seatable', base_url: upstream };
  const config = {
    listen: { host: '127.0.0.1', port: 0 },
    store,
    key_file: './bridge.key',
    limits: { concurrent_calls: 8192 },
    ...(console && { admin: { port: 0 } }),
    applications: [
      { ...application, api_key: 'plain', name: 'plain' },
      { ...application, api_key: 'cached', name: 'cached', cache_seconds: 3600 },
      { ...application, api_key: 'vault', name: 'vault', credentials: 'vault' },
      ...Array.from({ length: applications }, (_, index) => ({ ...application, api_key: `other-${index}` })),
    ],
  };
  const file = join(folder, 'bridge.yaml');
  await writeFile(file, JSON.stringify(config));
  const vaultTokens = await seedStore({ file, baseUrl: upstream, credentials: tokens, stored });
  const words = workers === undefined ? [] : ['--workers', String(workers)];
  const running = await startCommand(process.execPath, [...node, cli, 'serve', '--config', file, ...words]);
  return {
    ...running,
    vaultTokens,
    stop: async () => {
      await running.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export const startBare = (upstream: string) => startServer('servers/bare', upstream);
export const startPeer = (upstream: string) => startServer('servers/peer', upstream);
export const startUpstream = (delayMs = 0) => startServer('servers/upstream', String(delayMs));

type Target = Pick<Load, 'method' | 'path' | 'body' | 'expected'>;

const soapBody = (apiKey: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" xmlns:ns1="urn:boxnet" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:SOAP-ENC="http://schemas.xmlsoap.org/soap/encoding/" SOAP-ENV:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><SOAP-ENV:Body><ns1:get_account_info><api_key xsi:type="xsd:string">${apiKey}</api_key><auth_token xsi:type="xsd:string">$TOKEN</auth_token></ns1:get_account_info></SOAP-ENV:Body></SOAP-ENV:Envelope>`;

const expected = 'get_account_info_ok';

/** A get_account_info as each format sends it. */
export const requests = {
  soap: (apiKey: string): Target => ({ method: 'POST', path: '/api/1.0/soap', body: soapBody(apiKey), expected }),
  xml: (apiKey: string): Target => ({
    method: 'POST',
    path: '/api/1.0/xml',
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<request><action>get_account_info</action><api_key>${apiKey}</api_key><auth_token>$TOKEN</auth_token></request>`,
    expected,
  }),
  rest: (apiKey: string): Target => ({
    method: 'GET',
    path: `/api/1.0/rest?action=get_account_info&api_key=${apiKey}&auth_token=$TOKEN`,
    body: '',
    expected,
  }),
  bare: (): Target => ({ method: 'GET', path: '/?auth_token=$TOKEN', body: '', expected: 'contact_email' }),
} as const;
