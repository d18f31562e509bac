import { basename, extname, resolve } from 'node:path';
import { z } from 'zod';
import { canCarryXml, UTF_8 } from '../shared/charset.js';
import {
  BASE_URL,
  bytes,
  camelCasedObject,
  expected,
  integer,
  integerBetween,
  isAddressOrNetwork,
  isBaseUrl,
  isUrl,
  limit,
  oneOf,
  pattern,
  port,
  text,
  trimTrailingSlashes,
} from './validators.js';

/** What the keys of a configuration may name. */
export interface ConfigOptions {
  /**
   * Where relative paths start: the directory of the configuration file. They are those of `store: sqlite:…`, of
   * `key_file` and the files for TLS, and of a `provider` that begins with ./ or ../
   */
  readonly directory: string;
  /** The actions that an application may list. */
  readonly actions: readonly string[];
  /** The providers that go by a name. */
  readonly providers: readonly { readonly name: string; readonly publicBaseUrl: string }[];
}

/** `store`: its path starts in `directory`. */
export const storeIn = (directory: string) =>
  pattern(
    'sqlite: and a path, or a postgres:// URL with the special characters of its password percent-encoded',
    (store) => /^sqlite:./.test(store) || (/^postgres(ql)?:\/\/\S+$/.test(store) && URL.canParse(store)),
  ).transform((store) =>
    store.startsWith('sqlite:')
      ? { kind: 'sqlite' as const, path: resolve(directory, store.slice('sqlite:'.length)) }
      : { kind: 'postgres' as const, url: store },
  );

/** The calls that are admitted in a minute; absent: any number. */
const rate = (description: string) =>
  camelCasedObject({
    per_minute: integerBetween(1n, 2n ** 31n - 1n)
      .transform(Number)
      .meta({ description, unlessGiven: 'any' }),
  }).optional();

/** The names of the providers, or what `import` takes. */
const isModule = (provider: string) => /\/|\.m?js$/.test(provider);

/** One of `applications`. */
export function applicationSchema({ directory, actions, providers }: ConfigOptions, chosen: unknown) {
  const absolute = (path: string) => resolve(directory, path);
  const file = text.transform(absolute).optional();
  const names = providers.map(({ name }) => name);
  const publicBaseUrl = providers.find(({ name }) => name === chosen)?.publicBaseUrl;
  return camelCasedObject({
    api_key: text.describe('the key that the old program sends'),
    name: text.optional().meta({ description: 'for logs', unlessGiven: "the provider's name" }),
    /** One of the names, or what `import` takes: an absolute path or the name of a package's module. */
    provider: pattern(
      `${names.join(', ')} or the path of a module such as ./provider.js`,
      (provider) => names.includes(provider) || isModule(provider),
    )
      .transform((provider) => (/^\.\.?\//.test(provider) ? absolute(provider) : provider))
      .describe(`${names.map((name) => `\`${name}\``).join(', ')}, or the path of a module of your own`),
    /** Without a slash at the end. */
    base_url: pattern(publicBaseUrl === undefined ? BASE_URL : `${BASE_URL}, such as ${publicBaseUrl}`, isBaseUrl)
      .transform(trimTrailingSlashes)
      .describe(`where that API is: ${providers.map((it) => `\`${it.publicBaseUrl}\` for ${it.name}`).join(', ')}`),
    credentials: oneOf('passthrough', 'vault').default('passthrough').describe('`passthrough` or `vault`'),
    /** Absent: every action that the provider can. */
    actions: z
      .array(z.enum(actions, expected(`one of ${actions.join(', ')}`)), expected('a list of actions'))
      .readonly()
      .optional()
      .meta({
        description: 'the actions that this key may call; with a vault, those of signing in have to be among them',
        unlessGiven: 'all that are possible',
      }),
    redirect_url: pattern('an http or https URL', isUrl).optional().meta({
      description: 'vault: where the browser goes after signing in',
      unlessGiven: 'a page that says it is done',
    }),
    defaults: camelCasedObject({
      space_amount: bytes.describe('bytes of storage, shown where the modern API tells none'),
      space_used: bytes.describe('the same of those in use'),
      max_upload_size: bytes.describe('the same of the largest upload'),
    }).prefault({}),
    unknown_numbers: oneOf('auto', 'nil', 'omit', 'zero')
      .default('auto')
      .describe('an unknown number in SOAP: `nil`, `omit`, `zero`, or `auto`: nil, but omitted for gSOAP'),
    fault_status: z
      .preprocess(
        (value) => (typeof value === 'bigint' ? Number(value) : value),
        z.literal([500, 200], expected('500 or 200')).default(500),
      )
      .describe('the HTTP status of SOAP faults, 500 or 200'),
    /** A name that `charset` knows. */
    reply_charset: pattern('a character set such as UTF-8, ISO-8859-1 or Windows-1252', canCarryXml)
      .default(UTF_8)
      .describe(
        'the character set of replies: `ISO-8859-1`, `Windows-1252` or any other that has ASCII in it; what it lacks is written as `&#…;`',
      ),
    cache_seconds: integer(0n, 2n ** 31n - 1n, 0).describe(
      'how long an account that was read is kept, 0 not at all; a write through the bridge ends that',
    ),
    account_id: text.optional().describe('Golem: whose account it is, where the token does not tell'),
    password_keys: oneOf('kebab', 'snake')
      .default('kebab')
      .describe('Terraform: how it spells the names of a password change, `kebab` or `snake`'),
    token_days: integerBetween(1n, 36500n)
      .transform(Number)
      .optional()
      .meta({ description: 'vault: when an auth_token ends that nobody logs out', unlessGiven: 'never' }),
    rate: rate('how many calls of this api_key are answered in a minute; the rest gets HTTP 429'),
    ca_file: file.meta({
      description: 'PEM: the certification authorities of that API, in place of the public ones',
      unlessGiven: 'those of Node.js',
    }),
    client_cert_file: file.describe('PEM: the certificate for an API that asks who calls'),
    client_key_file: file.describe('PEM: the key of that certificate'),
  }).transform((it) => ({ ...it, name: it.name ?? basename(it.provider, extname(it.provider)) }));
}

/** A whole configuration, save for what is in its applications. Each key is spelt in this file and nowhere else. */
export function configSchema({ directory }: Pick<ConfigOptions, 'directory'>) {
  return camelCasedObject({
    listen: camelCasedObject({
      host: text.default('127.0.0.1').describe('the address to listen at'),
      port: port(8080).describe('the port to listen at'),
    }).prefault({}),
    /** Without a slash at the end. Absent: what `listen` says. */
    public_url: pattern(BASE_URL, isBaseUrl).transform(trimTrailingSlashes).optional().meta({
      description: 'what the WSDL says the address is',
      unlessGiven: 'what a trusted proxy says, else `http://host:port`',
    }),
    /** Whether X-Forwarded-Proto and X-Forwarded-Host are honoured: from no address, from all, or from these. */
    trust_proxy: z
      .union(
        [z.boolean(), z.array(pattern('an IP address or a network such as 10.0.0.0/8', isAddressOrNetwork)).readonly()],
        expected('true, false or a list of IP addresses and networks such as 10.0.0.0/8'),
      )
      .default(false)
      .describe(
        "`true`, or the addresses of the proxies whose word on the caller's address, and on the host and scheme that it called, counts",
      ),
    store: storeIn(directory)
      .prefault('sqlite:./data/bridge.db')
      .describe(
        '`sqlite:` and a file, or `postgres://user:password@host/database` for several nodes with the same key: keeps the `user_id` of every account, for ever, and the sign-ins',
      ),
    key_file: text
      .default('./data/bridge.key')
      .transform((path) => resolve(directory, path))
      .describe(
        "the server's key, 32 random bytes, made at the first start; `BOXBRIDGE_KEY` may hold it in base64 instead",
      ),
    admin: camelCasedObject({
      host: text.default('127.0.0.1').describe('its address'),
      port: port(9464).describe('its port'),
    })
      .optional()
      .meta({
        description: 'a listener of its own for `/readyz` and `/metrics`, which are then not where callers are',
        unlessGiven: 'with the callers',
      }),
    rate: rate('how many calls of each address are answered in a minute; the rest gets HTTP 429'),
    limits: camelCasedObject({
      body_bytes: limit(65536).describe('the largest request, packed and unpacked'),
      xml_depth: limit(32).describe('the deepest XML of a request, which has at most 4,096 elements'),
      concurrent_calls: limit(1024).describe(
        'how many calls are answered at once; the rest gets `service_unavailable`',
      ),
      upstream_timeout_ms: limit(10000).describe('the longest wait for a modern API; a whole call may take twice that'),
      request_timeout_ms: limit(30000).describe('the longest that a request may take to arrive'),
      shutdown_ms: limit(10000).describe('how long calls in flight may take to finish at the end'),
    }).prefault({}),
    applications: z
      .array(z.unknown(), expected('a list of applications'))
      .min(1, expected('a list of at least one application'))
      .readonly()
      .describe('a list of at least one; the keys of each are below'),
  });
}
