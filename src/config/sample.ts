import { stringify } from 'yaml';
import { cleaned } from '../shared/clean.js';
import type { Settings } from '../shared/setting.js';

/** An application of a configuration that is written for people. Every text may be `${NAME}`. */
interface SampleApplication {
  readonly apiKey: string;
  /** For logs; absent: left to the provider. */
  readonly name?: string;
  readonly provider: string;
  readonly baseUrl: string;
  readonly credentials: string;
  /** In bytes; absent: unknown. */
  readonly maxUploadSize?: number;
  /** The settings that its provider declares; they are written as comments. */
  readonly settings?: Settings | undefined;
  /** Lines above it. */
  readonly about: readonly string[];
}

export interface Sample {
  /** The lines at the top. */
  readonly about: readonly string[];
  readonly listen: { readonly host: string; readonly port: number };
  /** What old programs call, where that is not the address of `listen`. */
  readonly publicUrl?: string | undefined;
  readonly isBehindProxy: boolean;
  /** A path, as `store` has it behind `sqlite:`. */
  readonly database: string;
  readonly keyFile: string;
  readonly applications: readonly SampleApplication[];
}

/** The longest comment, in characters. */
const MAX_COMMENT = 300;

/** A configuration as YAML, with comments. */
export function sampleConfig({ listen, publicUrl, applications, ...sample }: Sample): string {
  return [
    ...commentsOf(sample.about),
    '',
    '# Where the bridge listens; 0.0.0.0 is every address of this machine.',
    'listen:',
    `  host: ${scalar(listen.host)}`,
    `  port: ${listen.port}`,
    ...(publicUrl === undefined
      ? []
      : ['# What the old programs call, for the WSDL and for links.', `public_url: ${scalar(publicUrl)}`]),
    ...(sample.isBehindProxy
      ? [
          '# The bridge itself speaks HTTP: one proxy in front has the TLS, and tells the address of the caller.',
          'trust_proxy: 1',
        ]
      : []),
    '# What the bridge remembers: user_ids for ever, and sign-ins. Or postgres://user:password@host/database',
    `store: ${scalar(`sqlite:${sample.database}`)}`,
    "# The server's key, made at the first start. Keep a copy of it, apart from the store.",
    `key_file: ${scalar(sample.keyFile)}`,
    '# Metrics, readiness and the console, on this machine alone.',
    '# admin: { host: 127.0.0.1, port: 9464 }',
    '',
    '# Each api_key that an old program sends, with the modern API that has the accounts. Its auth_tokens are, with',
    '# - passthrough: credentials of the modern API itself,',
    '# - vault: those that the sign-in page and `boxbridge tokens add` issue.',
    'applications:',
    ...applications.flatMap(applicationLines),
    '',
  ].join('\n');
}

function applicationLines(application: SampleApplication): string[] {
  const { apiKey, name, provider, baseUrl, credentials, maxUploadSize, settings = {}, about } = application;
  const keys = [
    `api_key: ${scalar(apiKey)}`,
    ...(name === undefined ? [] : [`name: ${scalar(name)}`]),
    `provider: ${scalar(provider)}`,
    `base_url: ${scalar(baseUrl)}`,
    `credentials: ${scalar(credentials)}`,
    ...(maxUploadSize === undefined ? [] : ['defaults:', `  max_upload_size: ${maxUploadSize}`]),
    ...Object.entries(settings).map(([key, setting]) => `# ${key}: ${cleaned(describe(setting), MAX_COMMENT)}`),
  ];
  return [...commentsOf(about), ...keys.map((line, n) => (n === 0 ? `- ${line}` : `  ${line}`))].map(
    (line) => `  ${line}`,
  );
}

const describe = (setting: Settings[string]) =>
  setting.kind === 'choice' ? `${setting.choices.join(' | ')} – ${setting.description}` : setting.description;

const commentsOf = (lines: readonly string[]) => lines.map((line) => `# ${cleaned(line, MAX_COMMENT)}`);

/** A text as a value of YAML, in quotes where it needs them, on one line. */
function scalar(text: string): string {
  return stringify(text, { lineWidth: 0, blockQuote: false }).replace(/\n$/, '');
}
