import type { Send } from '../http.js';

/** The caller's account as the modern API tells it. Absent means that the modern API does not say. */
export interface Account {
  /** The modern API's own id, unchanged for the life of the account. */
  readonly nativeId: string;
  readonly login: string;
  readonly email: string;
  /** Bytes. */
  readonly spaceAmount?: bigint | 'unlimited' | undefined;
  /** Bytes. */
  readonly spaceUsed?: bigint | undefined;
  /** Bytes. */
  readonly maxUploadSize?: bigint | undefined;
}

/**
 * A modern account API, ready to be asked. Every method takes the credential that the modern API itself issued and
 * throws a Fault for everything but success. An optional method that is absent is something this API cannot do.
 */
export interface Provider {
  /** The account that the credential belongs to. */
  readonly readAccount: (credential: string) => Promise<Account>;
}

/** What an application's configuration says about its modern API. */
export interface ProviderSettings {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  /** Whose account, where the modern API cannot tell it from the credential. */
  readonly accountId?: string | undefined;
  readonly send: Send;
}

/** A kind of modern API: one file in this folder, one line in the list of `index.ts`. */
export interface ProviderKind {
  /** The word of the configuration. */
  readonly name: string;
  /** How its vendor writes it. */
  readonly title: string;
  /** Where its vendor runs it, for the message that asks for a `base_url`. */
  readonly publicBaseUrl: string;
  /** What a user signs in with: its name, and where to find it. */
  readonly credential: { readonly name: string; readonly hint: string };
  readonly connect: (settings: ProviderSettings) => Provider;
}
