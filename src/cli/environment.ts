import type { DemoPlace } from '../bootstrap/demo.js';
import { type LogLevel, logLevels } from '../shared/log-level.js';
import { didYouMean } from '../shared/nearest.js';
import type { Proxies } from '../upstream/transport.js';
import type { KeySource } from '../vault/master-key.js';

/** The settings that come from environment variables. */
export interface Environment {
  /** The server's key; undefined: `key_file` of the configuration. */
  readonly key: KeySource | undefined;
  /** The proxies in front of the modern APIs. */
  readonly proxies: Proxies;
  /** The URL of an OTLP collector of traces. */
  readonly collector: string | undefined;
  /** The least level of the log; undefined: that of the configuration. */
  readonly logLevel: LogLevel | undefined;
  /** Set in a worker of the demo. */
  readonly demo: DemoPlace | undefined;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Throws an Error with one line for the operator that names an invalid variable, without its value. */
export function readEnvironment(variables: Variables): Environment {
  const { BOXBRIDGE_KEY: base64, OTEL_EXPORTER_OTLP_ENDPOINT: collector, LOG_LEVEL: level } = variables;
  const { BOXBRIDGE_SANDBOX: sandbox, BOXBRIDGE_DEMO_FOLDER: folder } = variables;
  return {
    key: base64 === undefined ? undefined : { base64 },
    proxies: {
      http: proxyOf(variables, 'http_proxy'),
      https: proxyOf(variables, 'https_proxy'),
      none: variable(variables, 'no_proxy'),
    },
    collector: collector ? toHttpUrl('OTEL_EXPORTER_OTLP_ENDPOINT', collector) : undefined,
    logLevel: level ? toLogLevel(level) : undefined,
    demo: sandbox === undefined || folder === undefined ? undefined : { sandbox, folder },
  };
}

/** A variable in lower or upper case, as is usual for proxies; empty where it is absent. */
function variable(variables: Variables, name: string): string {
  return variables[name] ?? variables[name.toUpperCase()] ?? '';
}

function proxyOf(variables: Variables, name: string): string {
  const proxy = variable(variables, name);
  if (proxy === '') return '';
  // As in curl, a proxy without a scheme is an HTTP proxy: https://curl.se/docs/manpage.html#-x.
  return toHttpUrl(name.toUpperCase(), /^[a-z][a-z\d+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`);
}

function toLogLevel(text: string): LogLevel {
  const level = logLevels.find((each) => each === text.toLowerCase());
  if (level) return level;
  const choices = `${logLevels.slice(0, -1).join(', ')} or ${logLevels.at(-1)}`;
  throw new Error(`LOG_LEVEL has to be ${choices}${didYouMean(text.toLowerCase(), logLevels)}`);
}

function toHttpUrl(name: string, url: string): string {
  if (/^https?:\/\/[^/]/i.test(url) && URL.canParse(url)) return url;
  throw new Error(`${name} has to be an http or https URL, with special characters of a password percent-encoded`);
}
