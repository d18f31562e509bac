import { basename, extname, resolve } from 'node:path';
import { z } from 'zod';
import { camelCased } from '../shared/camel-case.js';
import { canCarryXml } from '../shared/charset.js';
import { UTF_8 } from '../shared/charset-labels.js';
import { type NamedProvider, providerKeys, settingsBeside } from './provider-keys.js';
import type { ConfigOptions } from './schema.js';
import {
  boolean,
  bytes,
  camelCasedObject,
  expected,
  HTTP,
  integer,
  integerBetween,
  interval,
  isUrl,
  oneOf,
  pattern,
  rate,
  strictObject,
  text,
  time,
} from './validators.js';

/** The schema of one application: the keys that all have, and the settings of its provider. Each key is spelt once. */
export function applicationSchema(options: ConfigOptions, provider: NamedProvider, shadow: NamedProvider = {}) {
  const { directory, actions } = options;
  const file = text.transform((path) => resolve(directory, path)).optional();
  const shape = {
    api_key: text.describe('the key that the old program sends'),
    api_key_file: file.meta({ description: 'a file that has it in its first line, in place of `api_key`' }),
    name: text.optional().meta({ description: 'for logs', unlessGiven: "the provider's name" }),
    ...providerKeys(options, provider, () => taken),
    credentials: oneOf('passthrough', 'vault').default('passthrough').describe('`passthrough` or `vault`'),
    /** Absent: every action that the provider can. */
    actions: z
      .array(z.enum(actions, expected(`one of ${actions.join(', ')}`, actions)), expected('a list of actions'))
      .readonly()
      .optional()
      .meta({
        description: 'the actions that this key may call; with a vault, those of signing in have to be among them',
        unlessGiven: 'all that are possible',
      }),
    redirect_url: pattern('an http or https URL', isUrl, HTTP).optional().meta({
      description: 'vault: where the browser goes after signing in',
      unlessGiven: 'a page that says it is done',
    }),
    confirm_sign_in: boolean
      .default(false)
      .describe(
        'vault: whether the sign-in page asks for the first four characters of the ticket, which the program has to show; not for programs that post without a browser',
      ),
    client_id: text.optional().meta({
      description:
        "vault: the bridge's own id at the vendor; users then agree there, by OAuth, in place of entering a credential",
      unlessGiven: 'a credential is entered',
    }),
    client_secret: text
      .optional()
      .meta({ description: 'what the vendor gave with `client_id`', unlessGiven: 'a public client, without one' }),
    client_secret_file: file.meta({ description: 'a file that has it in its first line, in place of `client_secret`' }),
    scopes: z
      .array(pattern('a scope, without blanks and quotes', isScope), expected('a list of scopes'))
      .readonly()
      .optional()
      .meta({ description: 'what the bridge asks the vendor for', unlessGiven: "the provider's own" }),
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
    deprecation: camelCasedObject({
      since: time.describe(
        'replies say in `Deprecation` that this key is deprecated since then: a date, or a date and time with its offset',
      ),
      sunset: time
        .optional()
        .meta({ description: 'and in `Sunset` that it ends then, likewise', unlessGiven: 'unknown' }),
      link: pattern('an http or https URL', isUrl, HTTP)
        .optional()
        .meta({ description: 'and in `Link` that this page says what to do', unlessGiven: 'none' }),
    })
      .refine(({ since, sunset = since }) => sunset >= since, {
        path: ['sunset'],
        error: 'must not be before `since`; write a later time',
      })
      .optional(),
    blackout: z.array(interval, expected('a list of times with a slash in between')).readonly().optional().meta({
      description:
        'when its calls get `service_unavailable`, to rehearse the end: a list such as `[2026-12-31T12:00Z/2026-12-31T13:00Z]`',
      unlessGiven: 'never',
    }),
    ca_file: file.meta({
      description: 'PEM: the certification authorities of that API, in place of the public ones',
      unlessGiven: 'those of Node.js',
    }),
    client_cert_file: file.describe('PEM: the certificate for an API that asks who calls'),
    client_key_file: file.describe('PEM: the key of that certificate'),
    shadow: shadowSchema(options, shadow).optional().meta({
      description:
        'a second modern API that each account read is read from too; what differs is counted, for the operator',
      unlessGiven: 'none',
    }),
  };
  const { taken, allowed, values: own } = settingsBeside(shape, provider.settings);
  const common = oauthChecked(strictObject(shape, allowed)).transform(
    ({ api_key_file, client_secret_file, ...values }) => ({
      ...camelCased(values),
      name: values.name ?? basename(values.provider, extname(values.provider)),
    }),
  );
  // An intersection reports the keys that neither side knows.
  return z.intersection(common, own);
}

/** A scope of OAuth: https://www.rfc-editor.org/rfc/rfc6749#section-3.3. */
const isScope = (scope: string) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope);

/** What the keys of OAuth ask of those beside them. */
function oauthChecked<
  T extends z.ZodType<{
    credentials: string;
    client_id?: string | undefined;
    client_secret?: string | undefined;
    scopes?: readonly string[] | undefined;
  }>,
>(schema: T): T {
  return schema
    .refine(({ client_id, credentials }) => client_id === undefined || credentials === 'vault', {
      path: ['client_id'],
      error: 'needs a vault, which keeps what the vendor gives; write `credentials: vault`',
    })
    .refine(({ client_id, client_secret }) => client_id !== undefined || client_secret === undefined, {
      path: ['client_secret'],
      error: 'needs a client_id; write the one that the vendor gave with it',
    })
    .refine(({ client_id, scopes }) => client_id !== undefined || scopes === undefined, {
      path: ['scopes'],
      error: 'needs a client_id; write the one that the vendor gave',
    });
}

function shadowSchema(options: ConfigOptions, provider: NamedProvider) {
  const shape = providerKeys(options, provider, () => taken);
  const { taken, allowed, values: own } = settingsBeside(shape, provider.settings);
  const common = strictObject(shape, allowed).transform((values) => camelCased(values));
  return z.intersection(common, own);
}
