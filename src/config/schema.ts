import { basename, extname, resolve } from 'node:path';
import { z } from 'zod';
import { canCarryXml, UTF_8 } from '../shared/charset.js';
import type { Config, ConfigOptions, ConfigProblem } from './load.js';
import {
  baseUrl,
  bytes,
  expected,
  integer,
  integerBetween,
  isBaseUrl,
  isNetwork,
  isUrl,
  limit,
  oneOf,
  pattern,
  port,
  strictObject,
  text,
  withoutSlash,
} from './validators.js';

type Path = readonly PropertyKey[];
type LineOf = (path: Path) => number;

export interface Examined {
  /** Absent if there are problems. */
  readonly config: Config | undefined;
  readonly problems: readonly ConfigProblem[];
}

/** The little that is said about an application even if its configuration is wrong. */
const outline = z
  .object({
    applications: z.array(
      z.object({ api_key: z.unknown(), provider: z.unknown() }).catch({ api_key: undefined, provider: undefined }),
    ),
  })
  .catch({ applications: [] });

/** The configuration in a plain value, or everything that is wrong with it, each in the line that `lineOf` tells. */
export function examine(value: unknown, options: ConfigOptions, lineOf: LineOf): Examined {
  const { applications } = outline.parse(value);
  const suggestion = (index: number) => {
    const chosen = applications[index]?.provider;
    const url = options.providers.find(({ name }) => name === chosen)?.publicBaseUrl;
    return url === undefined ? '' : `, such as ${url}`;
  };
  const result = schemaOf(options, suggestion).safeParse(value);
  const problems = (result.error?.issues ?? []).flatMap((issue) => issueProblems(issue, lineOf));
  const firsts = new Map<unknown, Path>();
  for (const [index, { api_key: key }] of applications.entries()) {
    const path = ['applications', index, 'api_key'];
    const first = firsts.get(key);
    if (first === undefined) firsts.set(key, path);
    else if (typeof key === 'string') problems.push(duplicateProblem(path, first, lineOf));
  }
  return { config: problems.length === 0 ? result.data : undefined, problems };
}

function duplicateProblem(path: Path, first: Path, lineOf: LineOf): ConfigProblem {
  const other = lineOf(first) === 0 ? dotted(first) : `${dotted(first)} in line ${lineOf(first)}`;
  return { line: lineOf(path), message: `${dotted(path)} is the same as ${other}; give each application its own` };
}

function issueProblems(issue: z.core.$ZodIssue, lineOf: LineOf): ConfigProblem[] {
  const { path, message } = issue;
  if (issue.code !== 'unrecognized_keys') return [{ line: lineOf(path), message: `${dotted(path)} ${message}` }];
  return issue.keys.map((key) => {
    const wrong = looksLikeKey(key)
      ? `${dotted([...path, key])} is not a known key`
      : `${dotted(path)} has a key that is not known`;
    return { line: lineOf([...path, key]), message: `${wrong}; ${message}` };
  });
}

/** What does not look like a key may be a secret in the wrong place, and is not printed. */
const looksLikeKey = (text: string) => /^[a-z_-]{1,24}$/i.test(text);

const dotted = (path: Path) =>
  path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '') || 'the configuration';

/** What `store` may be; its path starts in a directory. */
export const storeIn = (directory: string) =>
  pattern(
    'sqlite: and a path, or a postgres:// URL with the special characters of its password percent-encoded',
    (store) => /^sqlite:./.test(store) || (/^postgres(ql)?:\/\/\S+$/.test(store) && URL.canParse(store)),
  ).transform((store) =>
    store.startsWith('sqlite:')
      ? { kind: 'sqlite' as const, path: resolve(directory, store.slice('sqlite:'.length)) }
      : { kind: 'postgres' as const, url: store },
  );

function schemaOf(options: ConfigOptions, suggestion: (index: number) => string) {
  const absolute = (path: string) => resolve(options.directory, path);
  const file = text.transform(absolute).optional();
  const providerNames = options.providers.map(({ name }) => name);
  const sayBaseUrl = {
    error: ({ input, path }: { input?: unknown; path?: Path | undefined }) =>
      expected(baseUrl + suggestion(Number(path?.[1]))).error({ input }),
  };
  const rate = strictObject({ per_minute: integerBetween(1n, 2n ** 31n - 1n).transform(Number) })
    .transform(({ per_minute }) => ({ perMinute: per_minute }))
    .optional();
  const application = strictObject({
    api_key: text,
    name: text.optional(),
    provider: pattern(
      `${providerNames.join(', ')} or the path of a module such as ./provider.js`,
      (provider) => providerNames.includes(provider) || /\/|\.m?js$/.test(provider),
    ).transform((provider) => (/^\.\.?\//.test(provider) ? absolute(provider) : provider)),
    base_url: z.string(sayBaseUrl).refine(isBaseUrl, sayBaseUrl).transform(withoutSlash),
    credentials: oneOf('passthrough', 'vault').default('passthrough'),
    actions: z
      .array(z.enum(options.actions, expected(`one of ${options.actions.join(', ')}`)), expected('a list of actions'))
      .optional(),
    redirect_url: pattern('an http or https URL', isUrl).optional(),
    defaults: strictObject({ space_amount: bytes, space_used: bytes, max_upload_size: bytes }).prefault({}),
    unknown_numbers: oneOf('auto', 'nil', 'omit', 'zero').default('auto'),
    fault_status: z.preprocess(
      (value) => (typeof value === 'bigint' ? Number(value) : value),
      z.literal([500, 200], expected('500 or 200')).default(500),
    ),
    reply_charset: pattern('a character set such as UTF-8, ISO-8859-1 or Windows-1252', canCarryXml).default(UTF_8),
    cache_seconds: integer(0n, 2n ** 31n - 1n, 0),
    account_id: text.optional(),
    password_keys: oneOf('kebab', 'snake').default('kebab'),
    token_days: integerBetween(1n, 36500n).transform(Number).optional(),
    rate,
    ca_file: file,
    client_cert_file: file,
    client_key_file: file,
  }).transform((it) => ({
    apiKey: it.api_key,
    name: it.name ?? basename(it.provider, extname(it.provider)),
    provider: it.provider,
    baseUrl: it.base_url,
    credentials: it.credentials,
    actions: it.actions,
    redirectUrl: it.redirect_url,
    defaults: {
      spaceAmount: it.defaults.space_amount,
      spaceUsed: it.defaults.space_used,
      maxUploadSize: it.defaults.max_upload_size,
    },
    unknownNumbers: it.unknown_numbers,
    faultStatus: it.fault_status,
    replyCharset: it.reply_charset,
    cacheSeconds: it.cache_seconds,
    accountId: it.account_id,
    passwordKeys: it.password_keys,
    tokenDays: it.token_days,
    rate: it.rate,
    caFile: it.ca_file,
    clientCertFile: it.client_cert_file,
    clientKeyFile: it.client_key_file,
  }));
  return strictObject({
    listen: strictObject({ host: text.default('127.0.0.1'), port: port(8080) }).prefault({}),
    public_url: pattern(baseUrl, isBaseUrl).transform(withoutSlash).optional(),
    trust_proxy: z
      .union(
        [z.boolean(), z.array(pattern('an IP address or a network such as 10.0.0.0/8', isNetwork))],
        expected('true, false or a list of IP addresses and networks such as 10.0.0.0/8'),
      )
      .default(false),
    store: storeIn(options.directory).prefault('sqlite:./data/bridge.db'),
    key_file: text.default('./data/bridge.key').transform(absolute),
    admin: strictObject({ host: text.default('127.0.0.1'), port: port(9464) }).optional(),
    rate,
    limits: strictObject({
      body_bytes: limit(65536),
      xml_depth: limit(32),
      concurrent_calls: limit(1024),
      upstream_timeout_ms: limit(10000),
      request_timeout_ms: limit(30000),
      shutdown_ms: limit(10000),
    }).prefault({}),
    applications: z
      .array(application, expected('a list of applications'))
      .min(1, expected('a list of at least one application')),
  }).transform((it) => ({
    listen: it.listen,
    publicUrl: it.public_url,
    trustProxy: it.trust_proxy,
    store: it.store,
    keyFile: it.key_file,
    admin: it.admin,
    rate: it.rate,
    limits: {
      bodyBytes: it.limits.body_bytes,
      xmlDepth: it.limits.xml_depth,
      concurrentCalls: it.limits.concurrent_calls,
      upstreamTimeoutMs: it.limits.upstream_timeout_ms,
      requestTimeoutMs: it.limits.request_timeout_ms,
      shutdownMs: it.limits.shutdown_ms,
    },
    applications: it.applications,
  }));
}
