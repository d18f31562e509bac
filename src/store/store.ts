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
  readonly close: () => Promise<void>;
}
