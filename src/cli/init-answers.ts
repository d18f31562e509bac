import { isIPv6 } from 'node:net';
import { dirname, resolve } from 'node:path';
import { ConfigError } from '../config/config.js';
import { readConfig } from '../config/load.js';
import { isModule, resolveModule } from '../config/provider-keys.js';
import { sampleConfig } from '../config/sample.js';
import type { Variables } from '../config/variables.js';
import { actionNames } from '../core/actions.js';
import { providers } from '../providers/index.js';
import { loadProvider, provideSdk } from '../providers/load.js';
import type { ProviderKind } from '../providers/provider.js';
import { isLoopback } from '../shared/loopback.js';

/** What `boxbridge init` asks. */
export interface Answers {
  readonly provider: string;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly credentials: string;
  /** What the old programs call. */
  readonly publicUrl: string;
}

/** The keys of the configuration with the answers. */
const keys = {
  provider: 'applications[0].provider',
  baseUrl: 'applications[0].base_url',
  apiKey: 'applications[0].api_key',
  credentials: 'applications[0].credentials',
  publicUrl: 'public_url',
} as const;

/** Answers that are good wherever the one beside them is. */
const GOOD: Answers = {
  provider: 'seatable',
  baseUrl: 'https://cloud.seatable.io',
  apiKey: 'key',
  credentials: 'passthrough',
  publicUrl: 'http://127.0.0.1:8080',
};

/** Where the configuration will be, and the variables that its values may name. */
export interface Place {
  readonly file: string;
  readonly variables: Variables;
}

/** What is wrong with an answer, as `check` says it; undefined where nothing is. A `base_url` is one of this provider. */
export function problemOf(
  name: keyof Answers,
  answer: string,
  place: Place,
  provider = GOOD.provider,
): string | undefined {
  const text = configOf({ ...GOOD, provider, [name]: answer }, undefined);
  try {
    readConfig(text, { directory: folderOf(place), actions: actionNames, providers, variables: place.variables });
    return undefined;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ message }) => message.replace(`${keys[name]} `, '')).join('; ');
  }
}

/** The provider that an answer names. Throws an Error with one line for the operator where its module is none. */
export function kindOf(provider: string, place: Place): Promise<ProviderKind> {
  if (isModule(provider)) provideSdk();
  return loadProvider(resolveModule(folderOf(place), provider));
}

const folderOf = ({ file }: Place) => dirname(resolve(file));

/** The configuration that these answers make. */
export function configOf({ publicUrl, ...application }: Answers, kind: ProviderKind | undefined): string {
  const { listen, isBehindProxy } = listenerOf(publicUrl);
  return sampleConfig({
    about: [
      'A bridge for old programs of the Box.net API 1.0. After a change: boxbridge check --online --config FILE',
      `Any value may be one of the environment: \${NAME} or \${NAME:-default}`,
    ],
    listen,
    publicUrl,
    isBehindProxy,
    database: './data/bridge.db',
    keyFile: './data/bridge.key',
    applications: [
      { ...application, ...(kind && { name: kind.name }), settings: kind?.settings, about: aboutOf(kind) },
    ],
  });
}

const aboutOf = (kind: ProviderKind | undefined) =>
  kind
    ? [`For accounts of ${kind.title}. Its users have a credential, the ${kind.credential.name}.`, kind.credential.hint]
    : [];

/** With TLS a proxy is called, which is taken to be on this machine; without, the bridge itself is. */
function listenerOf(publicUrl: string) {
  const url = URL.canParse(publicUrl) ? new URL(publicUrl) : undefined;
  if (url?.protocol !== 'http:')
    return { listen: { host: '127.0.0.1', port: 8080 }, isBehindProxy: url?.protocol === 'https:' };
  const name = url.hostname.replace(/^\[|\]$/g, '');
  const [loopback, all] = isIPv6(name) ? ['::1', '::'] : ['127.0.0.1', '0.0.0.0'];
  const host = isLoopback(name) ? loopback : all;
  return { listen: { host, port: Number(url.port || 80) }, isBehindProxy: false };
}
