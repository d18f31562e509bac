/** Which account of which modern API. */
export interface AccountKey {
  readonly provider: string;
  readonly baseUrl: string;
  readonly nativeId: string;
}

/** What the bridge has to remember. A store that cannot be reached throws an `unavailable` Fault. */
export interface Store {
  /** The account's positive 32-bit integer: made at first sight, for ever the same, never given to another account. */
  readonly userId: (account: AccountKey) => Promise<number>;
  /** A second time does no harm. */
  readonly close: () => Promise<void>;
}

/**
 * A key as texts for the columns of a database, different for different keys. What no database keeps as it is, a NUL
 * and half a character, is written as its escape.
 */
export function columnsOf({ provider, baseUrl, nativeId }: AccountKey): [string, string, string] {
  return [escaped(provider), escaped(baseUrl), escaped(nativeId)];
}

function escaped(text: string): string {
  return text.replace(/[\\\0\p{Surrogate}]/gu, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
