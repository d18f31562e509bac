import type { IssuedToken } from '../vault/issued-tokens.js';
import { cellOf } from './table.js';
import type { TokensOutput } from './token-operations.js';

/** A line for each, with tabs between its cells. */
export const tokensTable: TokensOutput = {
  head: lineOf(['token', 'application', 'account', 'created', 'last used']),
  line: ({ prefix, application, account, createdAt, lastUsed }) =>
    lineOf([prefix, application?.name ?? '(not in the configuration)', account, createdAt, lastUsed ?? 'never']),
  between: '',
  tail: '',
};

function lineOf(cells: readonly string[]): string {
  return `${cells.map(cellOf).join('\t')}\n`;
}

/** A JSON document, with a line for each. An application that is not in the configuration is null. */
export const tokensDocument: TokensOutput = {
  head: '{"tokens":[',
  line: (token) => `\n${JSON.stringify(described(token))}`,
  between: ',',
  tail: '\n]}\n',
};

function described({ prefix, application, account, createdAt, lastUsed }: IssuedToken) {
  return {
    token: prefix,
    application: application?.name ?? null,
    account,
    created: createdAt,
    last_used: lastUsed ?? null,
  };
}
