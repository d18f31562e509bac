import type { Proxies } from '../upstream/transport.js';
import type { KeySource } from '../vault/master-key.js';

/** What the environment says, beside the configuration. */
export interface Environment {
  /** The server's key; undefined where the configuration's `key_file` has it. */
  readonly key: KeySource | undefined;
  /** The way to the modern APIs. */
  readonly proxies: Proxies;
  /** The URL of an OTLP collector of traces, if there is one. */
  readonly collector: string | undefined;
  /** Where the sandbox of the demo is, for its workers. */
  readonly sandbox: string | undefined;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Throws an Error with one line that names the variable, and not what it says, where it says nothing useful. */
export function readEnvironment(variables: Variables): Environment {
  const { BOXBRIDGE_KEY: base64, BOXBRIDGE_SANDBOX: sandbox, OTEL_EXPORTER_OTLP_ENDPOINT: collector } = variables;
  return {
    key: base64 === undefined ? undefined : { base64 },
    proxies: {
      http: proxyIn(variables, 'http_proxy'),
      https: proxyIn(variables, 'https_proxy'),
      none: either(variables, 'no_proxy'),
    },
    collector: collector ? checked('OTEL_EXPORTER_OTLP_ENDPOINT', collector) : undefined,
    sandbox,
  };
}

/** In lower or in upper case, as is usual for proxies; empty where there is none. */
function either(variables: Variables, name: string): string {
  return variables[name] ?? variables[name.toUpperCase()] ?? '';
}

function proxyIn(variables: Variables, name: string): string {
  const proxy = either(variables, name);
  if (proxy === '') return '';
  // As curl has it: without a scheme it is a proxy of HTTP.
  return checked(name.toUpperCase(), /^[a-z][a-z\d+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`);
}

function checked(name: string, url: string): string {
  if (/^https?:\/\/[^/]/i.test(url) && URL.canParse(url)) return url;
  throw new Error(`${name} has to be an http or https URL, with special characters of a password percent-encoded`);
}
