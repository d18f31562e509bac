/** What a store has, before it is opened. */
export interface StoreInspection {
  /** Whether the first start makes it. */
  readonly isNew: boolean;
  /** As `Store.masterKey` gives it. */
  readonly masterKey: Uint8Array | undefined;
}
