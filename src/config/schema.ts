import { resolve } from 'node:path';
import { z } from 'zod';
import { logFormats, logLevels } from '../shared/log-level.js';
import { isLoopback } from '../shared/loopback.js';
import type { Settings } from '../shared/setting.js';
import { isLimitsStore } from '../store/limits-store-url.js';
import {
  BASE_URL,
  boolean,
  camelCasedObject,
  expected,
  HTTP,
  integerBetween,
  isAddressOrNetwork,
  isBaseUrl,
  isContact,
  limit,
  linkOf,
  oneOf,
  pattern,
  port,
  rate,
  share,
  text,
  trimTrailingSlashes,
} from './validators.js';

// A configuration is read once: compiled code would not pay.
z.config({ jitless: true });

/** What the keys of a configuration may name. */
export interface ConfigOptions {
  /**
   * Where relative paths start: the directory of the configuration file. They are those of `store: sqlite:…`, of
   * `key_file`, `store_file`, `limits_store_file`, `api_key_file`, `console_password_file`, `record.file` and the files for TLS, and of a
   * `provider` that begins with ./ or ../
   */
  readonly directory: string;
  /** The actions that an application may list. */
  readonly actions: readonly string[];
  /** The providers that go by a name. */
  readonly providers: readonly KnownProvider[];
}

/** A provider that goes by a name, as far as a configuration needs it. */
interface KnownProvider {
  readonly name: string;
  readonly publicBaseUrl: string;
  /** Keys of its own in the configuration of an application. */
  readonly settings?: Settings | undefined;
}

/** `store`: its path starts in `directory`. */
export const storeIn = (directory: string) =>
  pattern(
    'sqlite: and a path, or a postgres:// URL with the special characters of its password percent-encoded',
    (store) => /^sqlite:./.test(store) || (/^postgres(ql)?:\/\/\S+$/.test(store) && URL.canParse(store)),
    { begins: '^(sqlite:.|postgres(ql)?://)' },
  ).transform((store) =>
    store.startsWith('sqlite:')
      ? { kind: 'sqlite' as const, path: resolve(directory, store.slice('sqlite:'.length)) }
      : { kind: 'postgres' as const, url: store },
  );

const LIMITS_STORE =
  'valkey://, valkeys://, redis:// or rediss://, a host, and at most a port and the number of a database, with the special characters of its password percent-encoded';

/** The end of an address that an old program calls, which the bridge adds to its own. */
const OWN_PATH = /\/api\/(?:1\.0\/)?(?:rest|xml|soap|auth)$/i;

/** The schema of a configuration, its applications aside. Each key is spelt once: types and camelCase follow from it. */
export function configSchema({ directory }: Pick<ConfigOptions, 'directory'>) {
  return camelCasedObject({
    listen: camelCasedObject({
      host: text.default('127.0.0.1').describe('the address to listen at'),
      port: port(8080).describe('the port to listen at'),
    }).prefault({}),
    /** Without a slash at the end. Absent: the address of `listen`. */
    public_url: pattern(BASE_URL, isBaseUrl, HTTP)
      .transform(trimTrailingSlashes)
      .refine((url) => !OWN_PATH.test(url), { error: 'has a path of the bridge itself; write what comes before /api' })
      .optional()
      .meta({
        description: 'what the WSDL says the address is',
        unlessGiven: 'what a trusted proxy says, else `http://host:port`',
      }),
    /** Whether X-Forwarded headers are honoured: from no address, from all, from the nearest proxies, or from these. */
    trust_proxy: z
      .union(
        [
          z.boolean(),
          integerBetween(1n, 32n).transform(Number),
          z.array(pattern('an IP address or a network such as 10.0.0.0/8', isAddressOrNetwork)).readonly(),
        ],
        expected(
          'false, the number of proxies in front, a list of IP addresses and networks such as 10.0.0.0/8, or true',
        ),
      )
      .default(false)
      .describe(
        "whose word counts on the caller's address, and on the host and scheme that it called: how many proxies are in front, or their addresses; `true` takes anyone's word",
      ),
    store: storeIn(directory)
      .prefault('sqlite:./data/bridge.db')
      .describe(
        '`sqlite:` and a file, or `postgres://user:password@host/database` for several nodes with the same key: keeps the `user_id` of every account, for ever, and the sign-ins',
      ),
    store_file: text.optional().meta({ description: 'a file that has it in its first line, in place of `store`' }),
    key_file: text
      .default('./data/bridge.key')
      .transform((path) => resolve(directory, path))
      .describe(
        "the server's key, 32 random bytes, made at the first start; `BOXBRIDGE_KEY` may hold it in base64 instead",
      ),
    limits_store: pattern(LIMITS_STORE, isLimitsStore).optional().meta({
      description:
        '`valkey://user:password@host:6379/0`, with `valkeys` for TLS, or the same of `redis`: counts every `rate` and `tickets_per_minute` for all nodes together; while it is away each server counts for itself',
      unlessGiven: 'each server for itself',
    }),
    limits_store_file: text
      .transform((path) => resolve(directory, path))
      .optional()
      .describe('a file with `limits_store` in its first line'),
    operator: camelCasedObject({
      name: text.optional().meta({ description: 'their name, such as that of a company', unlessGiven: 'not said' }),
      contact: pattern('an e-mail address, or an http or https URL', isContact)
        .transform((contact) => ({ text: contact, href: linkOf(contact) }))
        .optional()
        .meta({ description: 'where users ask: an e-mail address or a URL', unlessGiven: 'not said' }),
    })
      .optional()
      .meta({ description: 'who runs this bridge, as its sign-in page says', unlessGiven: 'not said' }),
    admin: camelCasedObject({
      host: text.default('127.0.0.1').describe('its address'),
      port: port(9464).describe('its port'),
      console: boolean.optional().meta({
        description:
          'whether it has the console at `/console`, which shows the latest calls; elsewhere than on loopback that takes a password',
        unlessGiven: 'on loopback, and with a password',
      }),
      console_password_file: text
        .transform((path) => resolve(directory, path))
        .optional()
        .describe('a file with the password of the console; with any user name'),
    })
      .refine(({ host, console, consolePasswordFile }) => isLoopback(host) || !console || consolePasswordFile, {
        path: ['console_password_file'],
        error: 'is missing; beyond loopback the console takes a password: write a file that has one',
      })
      .optional()
      .meta({
        description:
          'a listener of its own for `/readyz`, `/metrics` and the console; the first two are then not where callers are',
        unlessGiven: 'with the callers',
      }),
    log: camelCasedObject({
      level: oneOf(...logLevels)
        .optional()
        .meta({
          description:
            'the least that is logged: `debug`, `info` (every call), `warn` (what was refused), `error` or `silent`',
          unlessGiven: '`LOG_LEVEL`, else `info`',
        }),
      format: oneOf(...logFormats)
        .optional()
        .meta({ description: '`json`, or `pretty` for people', unlessGiven: '`pretty` on a terminal' }),
    }).prefault({}),
    record: camelCasedObject({
      file: text
        .transform((path) => resolve(directory, path))
        .describe('the beginning of the paths of its files: `./recordings/calls` for `calls-2026-11-30T08Z.har`'),
      sample: share(1).describe('the share of calls that is recorded, from 0 to 1'),
      applications: z
        .array(text, expected('a list of names of applications'))
        .readonly()
        .optional()
        .meta({ description: 'the names of the applications whose calls are recorded', unlessGiven: 'all calls' }),
    })
      .optional()
      .meta({ description: 'records calls as HAR, a file an hour, without secrets', unlessGiven: 'not' }),
    rate: rate('how many calls of each address are answered in a minute; the rest gets HTTP 429'),
    limits: camelCasedObject({
      body_bytes: limit(65536).describe('the largest request, packed and unpacked; it has at most 256 parameters'),
      xml_depth: limit(32).describe('the deepest XML of a request, which has at most 4,096 elements'),
      concurrent_calls: limit(1024).describe(
        'how many calls are answered at once; the rest gets `service_unavailable`',
      ),
      upstream_timeout_ms: limit(10000).describe('the longest wait for a modern API; a whole call may take twice that'),
      request_timeout_ms: limit(30000).describe('the longest that a request may take to arrive'),
      connections: limit(4096).describe(
        'how many connections of callers are open at once; of more, those go that have been idle for longest',
      ),
      connections_per_address: limit(2048).describe('the same for those of one address'),
      tickets_per_minute: limit(60).describe('how many tickets an address gets in a minute with one api_key'),
      memory_mb: integerBetween(1n, 2n ** 31n - 1n)
        .transform(Number)
        .optional()
        .meta({
          description: 'how much memory a process may have in MiB before calls get `service_unavailable`',
          unlessGiven: 'four fifths of what there is',
        }),
      event_loop_delay_ms: limit(1000).describe(
        'how far a process may be behind, twice in a row, before calls get `service_unavailable`',
      ),
      shutdown_ms: limit(10000).describe('how long calls in flight may take to finish at the end'),
    }).prefault({}),
    applications: z
      .array(z.unknown(), expected('a list of applications'))
      .min(1, expected('a list of at least one application'))
      .readonly()
      .describe('a list of at least one; the keys of each are below'),
  }).transform(({ storeFile, limitsStoreFile, ...config }) => config);
}
