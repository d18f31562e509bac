import { basename, extname, resolve } from 'node:path';
import { z } from 'zod';
import { camelCased } from '../shared/camel-case.js';
import { canCarryXml, UTF_8 } from '../shared/charset.js';
import type { Settings } from '../shared/setting.js';
import type { ConfigOptions } from './schema.js';
import {
  BASE_URL,
  boolean,
  bytes,
  camelCasedObject,
  expected,
  integer,
  integerBetween,
  isBaseUrl,
  isUrl,
  oneOf,
  pattern,
  rate,
  settingsObject,
  strictObject,
  text,
  trimTrailingSlashes,
} from './validators.js';

/** The provider that an application names, as far as it is known. */
export interface NamedProvider {
  readonly publicBaseUrl?: string | undefined;
  /** `unknown` where its module cannot be loaded: an unknown key may be one of its settings, and is accepted. */
  readonly settings?: Settings | 'unknown' | undefined;
}

/** Whether a `provider` names a module, not one of the list. */
export const isModule = (provider: string) => /\/|\.m?js$/.test(provider);

/** What `import` takes: an absolute path or the name of a package's module. */
export const resolveModule = (directory: string, provider: string) =>
  /^\.\.?\//.test(provider) ? resolve(directory, provider) : provider;

/** The schema of one application: the keys that all have, and the settings of its provider. Each key is spelt once. */
export function applicationSchema(options: ConfigOptions, { publicBaseUrl, settings = {} }: NamedProvider) {
  const { directory, actions, providers } = options;
  const file = text.transform((path) => resolve(directory, path)).optional();
  const names = providers.map(({ name }) => name);
  const declared = Object.entries(settings === 'unknown' ? {} : settings);
  const shape = {
    api_key: text.describe('the key that the old program sends'),
    name: text.optional().meta({ description: 'for logs', unlessGiven: "the provider's name" }),
    /** One of the names, or what `import` takes: an absolute path or the name of a package's module. */
    provider: pattern(
      `${names.join(', ')} or the path of a module such as ./provider.js`,
      (provider) => names.includes(provider) || isModule(provider),
    )
      .refine(() => taken.length === 0, {
        error: () => `declares ${taken.join(', ')}, which every application has; give its settings other names`,
      })
      .transform((provider) => resolveModule(directory, provider))
      .describe(`${names.map((name) => `\`${name}\``).join(', ')}, or the path of a module of your own`),
    /** Without a slash at the end. */
    base_url: pattern(publicBaseUrl === undefined ? BASE_URL : `${BASE_URL}, such as ${publicBaseUrl}`, isBaseUrl)
      .transform(trimTrailingSlashes)
      .describe(
        `where that API is: ${providers.map((known) => `\`${known.publicBaseUrl}\` for ${known.name}`).join(', ')}`,
      ),
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
    confirm_sign_in: boolean
      .default(false)
      .describe(
        'vault: whether the sign-in page asks for the first four characters of the ticket, which the program has to show; not for programs that post without a browser',
      ),
    defaults: camelCasedObject({
      space_amount: bytes.meta({
        description: 'bytes of storage, shown where the modern API tells none',
        unlessGiven: 'unknown',
      }),
      space_used: bytes.meta({ description: 'bytes of it in use, likewise', unlessGiven: 'unknown' }),
      max_upload_size: bytes.meta({ description: 'bytes of the largest upload, likewise', unlessGiven: 'unknown' }),
    }).prefault({}),
    unknown_numbers: oneOf('auto', 'nil', 'omit', 'zero')
      .default('auto')
      .describe('an unknown number in SOAP: `nil`, `omit`, `zero`, or `auto`: nil, but omitted for gSOAP'),
    fault_status: z
      .preprocess(
        (value) => (typeof value === 'bigint' ? Number(value) : value),
        z.literal([500, 200], expected('500 or 200')).default(500),
      )
      .describe('the HTTP status of SOAP faults, 500 or 200; with 500, Sender faults of SOAP 1.2 have 400'),
    /** A name that `charset` knows. */
    reply_charset: pattern('a character set such as UTF-8, ISO-8859-1 or Windows-1252', canCarryXml)
      .default(UTF_8)
      .describe(
        'the character set of replies: `ISO-8859-1`, `Windows-1252` or any other that has ASCII in it; what it lacks is written as `&#…;`',
      ),
    cache_seconds: integer(0n, 2n ** 31n - 1n, 0).describe(
      'how long an account that was read is kept, 0 not at all; a write through the bridge ends that',
    ),
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
  };
  const taken: readonly string[] = declared.map(([key]) => key).filter((key) => Object.hasOwn(shape, key));
  const own = Object.fromEntries(declared.filter(([key]) => !taken.includes(key)));
  const allowed = [...Object.keys(shape), ...Object.keys(own)];
  const common = strictObject(shape, allowed).transform((values) => ({
    ...camelCased(values),
    name: values.name ?? basename(values.provider, extname(values.provider)),
  }));
  const ownSchema = settingsObject(own, allowed);
  const ownValues = (settings === 'unknown' ? ownSchema.strip() : ownSchema).transform((values) => ({
    settings: camelCased(values),
  }));
  // An intersection reports the keys that neither side knows.
  return z.intersection(common, ownValues);
}
