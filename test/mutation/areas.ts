/** Files that the same suites are about: every suite costs time for each of their mutants. */
export interface Group {
  /** Below `src`, without the extension. */
  readonly files: readonly string[];
  /** Below `test`, without the extension. The fast ones first: once one finds a mutant, the others are skipped. */
  readonly suites: readonly string[];
}

const below = (folder: string, ...names: readonly string[]) => names.map((name) => `${folder}/${name}`);

const formats = below('protocols', 'protocols', 'recorded');

/** What `npm run mutate` measures: each file of these folders in one group. */
export const areas: Readonly<Record<string, readonly Group[]>> = {
  'error-mapping': [{ files: ['core/error-mapping'], suites: ['core/error-mapping'] }],
  vault: [
    { files: ['vault/issued-tokens'], suites: ['vault/issued-tokens'] },
    {
      files: below('vault', 'attempt-limits', 'master-key', 'seal'),
      suites: below('vault', 'attempt-limits', 'master-key', 'stored', 'seal', 'seal-tampering'),
    },
    {
      files: below(
        'vault',
        'jumps',
        'last-uses',
        'lives',
        'random-token',
        'sessions',
        'ticket-content',
        'tickets',
        'trials',
      ),
      suites: below('vault', 'last-uses', 'trials', 'clocks', 'stored', 'lifetimes', 'seal', 'seal-tampering'),
    },
    { files: below('vault', 'renewals', 'states'), suites: ['vault/renewals', 'oauth/renewal', 'oauth/sign-in'] },
  ],
  store: [
    {
      files: [
        ...below('store', 'attempts', 'ledger', 'migration', 'rows', 'session-pages', 'snapshot', 'store'),
        ...[
          '',
          '-accounts',
          '-database',
          '-inspection',
          '-ledger',
          '-patience',
          '-reads',
          '-schema',
          '-sign-ins',
          '-snapshot',
        ].map((part) => `store/sqlite${part}`),
      ],
      suites: [...below('store', 'attempts', 'sqlite', 'copy', 'migrate'), 'cli/check-operations'],
    },
    { files: ['store/known-user-ids'], suites: ['store/known-user-ids'] },
    { files: ['store/store-breaker'], suites: ['store/store-breaker'] },
    {
      files: below('store', 'copy', 'inspect', 'inspection', 'open'),
      suites: ['store/copy', 'store/sqlite', 'cli/check-operations'],
    },
    {
      files: below('store', 'limits-store', 'limits-store-url', 'valkey-rates'),
      suites: ['config/load', 'store/valkey-rates'],
    },
    {
      files: [
        ...['', '-accounts', '-advice', '-attempts', '-database', '-inspection', '-ledger', '-schema', '-sign-ins'],
        ...['-reads', '-snapshot', '-url'],
      ].map((part) => `store/postgres${part}`),
      suites: ['store/postgres', 'store/copy', 'cli/check-operations'],
    },
  ],
  protocols: [
    {
      files: below('protocols', 'index', 'parameters', 'plain-response', 'protocol', 'rest', 'xml'),
      suites: [...formats, 'protocols/sightings', 'bridge/answers'],
    },
    {
      files: below('protocols', 'form', 'multipart'),
      suites: [...formats, ...below('protocols', 'multipart', 'sightings', 'form')],
    },
    {
      files: below('protocols/document', 'body', 'reader'),
      suites: [...formats, ...below('protocols/document', 'grammar', 'trees', 'second-opinion')],
    },
    {
      files: below('protocols/document', 'reply', 'writer'),
      suites: [...formats, 'protocols/document/writer', 'bridge/large-replies'],
    },
    {
      files: below(
        'protocols/soap',
        'arguments',
        'elements',
        'envelope',
        'message',
        'references',
        'request',
        'version',
      ),
      suites: [...formats, ...below('protocols/soap', 'references', 'requests')],
    },
    { files: ['protocols/soap/soap'], suites: [...formats, 'protocols/soap/requests'] },
    {
      files: ['protocols/soap/operation-writer'],
      suites: below('protocols', 'protocols', 'soap/requests', 'document/writer'),
    },
    { files: ['protocols/soap/sightings'], suites: ['protocols/sightings'] },
    { files: ['protocols/soap/wsdl'], suites: ['protocols/soap/wsdl'] },
  ],
};
