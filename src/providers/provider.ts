import type { JsonObject } from '../shared/json.js';
import type { Settings, SettingValues } from '../shared/setting.js';
import type { Send } from '../upstream/client.js';

/** An account as the modern API tells it. Absent means that the modern API does not say. */
export interface Account {
  /** The modern API's own id, unchanged for the life of the account. */
  readonly nativeId: string;
  readonly login: string;
  readonly name?: string | undefined;
  readonly email: string;
  /** Asked for, but not yet confirmed by its owner. */
  readonly pendingEmail?: string | undefined;
  readonly avatarUrl?: string | undefined;
  readonly languageCode?: string | undefined;
  /** Bytes. */
  readonly spaceAmount?: bigint | 'unlimited' | undefined;
  /** Bytes. */
  readonly spaceUsed?: bigint | undefined;
  /** Bytes. */
  readonly maxUploadSize?: bigint | undefined;
  readonly planId?: string | undefined;
  /** All that the modern API says, as it says it. */
  readonly attributes: JsonObject;
}

/** What an account may do; each limit under its modern name. */
export interface Plan {
  readonly planId: string | undefined;
  readonly limits: Readonly<Record<string, bigint | undefined>>;
  /** All that the modern API says, as it says it. */
  readonly attributes: JsonObject;
}

/** The fields of an account that a caller can ask to change. */
export interface AccountChanges {
  readonly name?: string;
  readonly login?: string;
  readonly email?: string;
  readonly languageCode?: string;
}

/**
 * A modern account API, ready to be asked. Every method takes the credential that the modern API itself issued, and
 * throws a Fault for everything but success. A method that is absent is something that this API cannot do. Where a
 * method takes the native id of an account, undefined stands for the caller's own; another's is given only where there
 * is `readAccountOf`. What a write gives is what is known of the account from its reply.
 */
export interface Provider {
  /** The account that the credential belongs to. */
  readonly readAccount: (credential: string) => Promise<Account>;
  /** Any account that the credential may see. */
  readonly readAccountOf?: ((credential: string, nativeId: string) => Promise<Account>) | undefined;
  readonly updateAccount?:
    | {
        /** What this API can change. */
        readonly fields: readonly (keyof AccountChanges)[];
        readonly send: (credential: string, changes: AccountChanges, nativeId?: string) => Promise<Partial<Account>>;
      }
    | undefined;
  readonly changePassword?:
    | ((credential: string, current: string, next: string) => Promise<Partial<Account>>)
    | undefined;
  readonly deleteAccount?: ((credential: string, nativeId?: string) => Promise<void>) | undefined;
  readonly createAccount?: ((credential: string, name: string, email: string) => Promise<Account>) | undefined;
  /** All accounts that the credential may see, or those with this e-mail. */
  readonly findAccounts?: ((credential: string, email?: string) => Promise<readonly Account[]>) | undefined;
  readonly readPlan?: ((credential: string, nativeId?: string) => Promise<Plan>) | undefined;
}

/** What a provider is connected with: where its API is, how to reach it, and its own settings; nothing else. */
export interface ConnectOptions<Declared extends Settings = Settings> {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly settings: SettingValues<Declared>;
  readonly send: Send;
}

/** A kind of modern API: one file in this folder, one line in the list of `index.ts`. */
export interface ProviderKind<Declared extends Settings = Settings> {
  /** The `provider` of the configuration. */
  readonly name: string;
  /** How its vendor writes it. */
  readonly title: string;
  /** Where its vendor runs it, for the message that asks for a `base_url`. */
  readonly publicBaseUrl: string;
  /** What a user signs in with: its name, and where to find it. */
  readonly credential: { readonly name: string; readonly hint: string };
  /** Keys of its own in the configuration of an application; none unless given. */
  readonly settings?: Declared;
  readonly connect: (options: ConnectOptions<Declared>) => Provider;
}
