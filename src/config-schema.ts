import { isIP } from 'node:net';
import { basename, extname, resolve } from 'node:path';
import { z } from 'zod';
import type { Config, ConfigOptions, ConfigProblem } from './config.js';

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

/** Words for a value that is wrong or not there; `what` says what to write. */
const say = (what: string) => ({
  error: ({ input }: { input?: unknown }) => (input === undefined ? `is missing; write ${what}` : `must be ${what}`),
});

const form = (what: string, test: (text: string) => boolean) => z.string(say(what)).refine(test, say(what));

const words = 'a text that is not empty, in quotes if it looks like a number';
const text = z.string(say(words)).min(1, say(words));

const whole = (least: bigint, most: bigint) =>
  z.custom<number | bigint>(
    (value) =>
      (typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))) &&
      value >= least &&
      value <= most,
    say(`an integer from ${least} to ${most}`),
  );
const integer = (least: bigint, most: bigint, fallback: number) =>
  whole(least, most).default(fallback).transform(Number);
const port = (fallback: number) => integer(0n, 65535n, fallback);
const limit = (fallback: number) => integer(1n, 2n ** 31n - 1n, fallback);
const bytes = whole(0n, 2n ** 63n - 1n)
  .transform(BigInt)
  .optional();

const oneOf = <const T extends readonly string[]>(...choices: T) => z.enum(choices, say(choices.join(' or ')));

const block = <T extends z.core.$ZodLooseShape>(shape: T) => {
  const keys = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: ({ code, input }) =>
      code === 'unrecognized_keys'
        ? `the keys allowed here are ${keys}`
        : `${input === null ? 'is empty; write' : 'must be'} a block with keys out of ${keys}`,
  });
};

const withoutSlash = (url: string) => url.replace(/\/+$/, '');
const isUrl = (url: string) => /^https?:\/\/[^\s/]\S*$/i.test(url) && URL.canParse(url);
const isBaseUrl = (url: string) => isUrl(url) && /^[^?#]*$/.test(url) && !/^https?:\/\/[^/]*@/i.test(url);
const baseUrl = 'an http or https URL without query, fragment, user or password';

function isNetwork(address: string): boolean {
  const [host = '', prefix, ...rest] = address.split('/');
  const bits = isIP(host) === 4 ? 32 : 128;
  return (
    isIP(host) > 0 &&
    rest.length === 0 &&
    (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits))
  );
}

function schemaOf(options: ConfigOptions, suggestion: (index: number) => string) {
  const absolute = (path: string) => resolve(options.directory, path);
  const providerNames = options.providers.map(({ name }) => name);
  const sayBaseUrl = {
    error: ({ input, path }: { input?: unknown; path?: Path | undefined }) =>
      say(baseUrl + suggestion(Number(path?.[1]))).error({ input }),
  };
  const application = block({
    api_key: text,
    name: text.optional(),
    provider: form(
      `${providerNames.join(', ')} or the path of a module such as ./provider.js`,
      (provider) => providerNames.includes(provider) || /\/|\.m?js$/.test(provider),
    ).transform((provider) => (/^\.\.?\//.test(provider) ? absolute(provider) : provider)),
    base_url: z.string(sayBaseUrl).refine(isBaseUrl, sayBaseUrl).transform(withoutSlash),
    credentials: oneOf('passthrough', 'vault').default('passthrough'),
    actions: z
      .array(z.enum(options.actions, say(`one of ${options.actions.join(', ')}`)), say('a list of actions'))
      .optional(),
    redirect_url: form('an http or https URL', isUrl).optional(),
    defaults: block({ space_amount: bytes, space_used: bytes, max_upload_size: bytes }).prefault({}),
    unknown_numbers: oneOf('auto', 'nil', 'omit', 'zero').default('auto'),
    fault_status: z.preprocess(
      (value) => (typeof value === 'bigint' ? Number(value) : value),
      z.literal([500, 200], say('500 or 200')).default(500),
    ),
    cache_seconds: integer(0n, 2n ** 31n - 1n, 0),
    account_id: text.optional(),
    password_keys: oneOf('kebab', 'snake').default('kebab'),
    token_days: whole(1n, 36500n).transform(Number).optional(),
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
    cacheSeconds: it.cache_seconds,
    accountId: it.account_id,
    passwordKeys: it.password_keys,
    tokenDays: it.token_days,
  }));
  return block({
    listen: block({ host: text.default('127.0.0.1'), port: port(8080) }).prefault({}),
    public_url: form(baseUrl, isBaseUrl).transform(withoutSlash).optional(),
    trust_proxy: z
      .union(
        [z.boolean(), z.array(form('an IP address or a network such as 10.0.0.0/8', isNetwork))],
        say('true, false or a list of IP addresses and networks such as 10.0.0.0/8'),
      )
      .default(false),
    store: form(
      'sqlite: and a path, or a postgres:// URL with the special characters of its password percent-encoded',
      (store) => /^sqlite:./.test(store) || (/^postgres(ql)?:\/\/\S+$/.test(store) && URL.canParse(store)),
    )
      .default('sqlite:./data/bridge.db')
      .transform((store) =>
        store.startsWith('sqlite:')
          ? { kind: 'sqlite' as const, path: absolute(store.slice('sqlite:'.length)) }
          : { kind: 'postgres' as const, url: store },
      ),
    key_file: text.default('./data/bridge.key').transform(absolute),
    admin: block({ host: text.default('127.0.0.1'), port: port(9464) }).optional(),
    limits: block({
      body_bytes: limit(65536),
      xml_depth: limit(32),
      concurrent_calls: limit(1024),
      upstream_timeout_ms: limit(10000),
      shutdown_ms: limit(10000),
    }).prefault({}),
    applications: z.array(application, say('a list of applications')).min(1, say('a list of at least one application')),
  }).transform((it) => ({
    listen: it.listen,
    publicUrl: it.public_url,
    trustProxy: it.trust_proxy,
    store: it.store,
    keyFile: it.key_file,
    admin: it.admin,
    limits: {
      bodyBytes: it.limits.body_bytes,
      xmlDepth: it.limits.xml_depth,
      concurrentCalls: it.limits.concurrent_calls,
      upstreamTimeoutMs: it.limits.upstream_timeout_ms,
      shutdownMs: it.limits.shutdown_ms,
    },
    applications: it.applications,
  }));
}
