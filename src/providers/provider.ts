import type { JsonObject } from '../shared/json.js';
import type { Settings, SettingValues } from '../shared/setting.js';
import type { IsRefusal, Refusal } from '../upstream/refusals.js';
import type { Send } from '../upstream/request.js';

/** An account as the modern API reports it. An absent field is one that it does not report. */
export interface Account {
  /** The modern API's own id, unchanged for the life of the account. */
  readonly nativeId: string;
  /**
   * The user_id that it would best have, such as the one that old programs have stored: a positive 32-bit integer. It is
   * given where it is free.
   */
  readonly proposedUserId?: number | undefined;
  readonly login: string;
  readonly name?: string | undefined;
  readonly email: string;
  /** Requested, but not yet confirmed by the owner. */
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
  /** The reply of the modern API, unchanged. */
  readonly attributes: JsonObject;
}

/** The plan of an account; each limit under its modern name. */
export interface Plan {
  readonly planId: string | undefined;
  readonly limits: Readonly<Record<string, bigint | undefined>>;
  /** The reply of the modern API, unchanged. */
  readonly attributes: JsonObject;
}

/** The fields of an account that a caller can ask to change. */
export interface AccountChanges {
  readonly name?: string;
  readonly login?: string;
  readonly email?: string;
  readonly languageCode?: string;
  /** Further values under names of the caller's own; those that are not named stay as they are. */
  readonly meta?: Readonly<Record<string, string>>;
}

/**
 * A connected modern account API. Every method but `login` takes a credential that the modern API itself issued, and throws a Fault
 * for everything but success. A method that is absent is one that this API has nothing for. A native id that is
 * undefined stands for the account of the credential; another account's is given only where there is `readAccountOf`.
 * A write gives the fields of the account that are known from its reply.
 */
export interface Provider {
  /**
   * The credential that this API gives for the name and the password of an account. Throws `unauthenticated` where they
   * are wrong, and about a `second factor` where they are right and not enough.
   */
  readonly login?: ((login: string, password: string) => Promise<string>) | undefined;
  /** The account that the credential belongs to. */
  readonly readAccount: (credential: string) => Promise<Account>;
  /** Any account that the credential may see. */
  readonly readAccountOf?: ((credential: string, nativeId: string) => Promise<Account>) | undefined;
  readonly updateAccount?:
    | {
        /** The fields that this API can change. */
        readonly fields: readonly (keyof AccountChanges)[];
        readonly send: (credential: string, changes: AccountChanges, nativeId?: string) => Promise<Partial<Account>>;
      }
    | undefined;
  readonly changePassword?:
    | ((credential: string, current: string, next: string) => Promise<Partial<Account>>)
    | undefined;
  readonly deleteAccount?: ((credential: string, nativeId?: string) => Promise<void>) | undefined;
  readonly createAccount?: ((credential: string, name: string, email: string) => Promise<Partial<Account>>) | undefined;
  /** All accounts that the credential may see, or those with this e-mail. */
  readonly findAccounts?: ((credential: string, email?: string) => Promise<readonly Account[]>) | undefined;
  readonly readPlan?: ((credential: string, nativeId?: string) => Promise<Plan>) | undefined;
}

/** Everything that a provider knows of an application: it MUST NOT be given an api_key or a client key. */
export interface ConnectOptions<Declared extends Settings = Settings> {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly settings: SettingValues<Declared>;
  readonly send: Send;
}

/** The languages of the sign-in page beside English. */
export const translatedLanguages = ['de', 'fr', 'es'] as const;

/** What a credential is called, in the middle of a sentence, and where one gets it. */
interface CredentialWords {
  readonly name: string;
  readonly hint: string;
}

/** What the sign-in page and the command line say of a credential; in English, but for its translations. */
interface Credential extends CredentialWords {
  /** Where its vendor documents how to get one: an http or https URL. No link unless given. */
  readonly url?: string;
  /** Its words in other languages; the English ones unless given. */
  readonly translations?: { readonly [Language in (typeof translatedLanguages)[number]]?: CredentialWords };
}

/** A credential that misses nothing, as this bridge's own providers have it. */
export type DocumentedCredential = Required<Credential> & {
  readonly translations: Required<NonNullable<Credential['translations']>>;
};

/**
 * How an API whose tokens end gives them: OAuth 2.0, https://www.rfc-editor.org/rfc/rfc6749. Addresses are http or https
 * URLs; in them and in parameters `{base_url}` stands for that of the application, and `{key}` for a setting of it.
 */
export interface OAuthDescription {
  /** Where users agree, in their browser. No sign-in at the page unless given. */
  readonly authorization?: string;
  /** Where tokens are given. */
  readonly token: string;
  /** Where a device asks for a code: https://www.rfc-editor.org/rfc/rfc8628. No such sign-in unless given. */
  readonly deviceAuthorization?: string;
  /** Where a logout withdraws the tokens: https://www.rfc-editor.org/rfc/rfc7009. They are forgotten alone unless given. */
  readonly revocation?: string;
  /** Who answers at `authorization`, where it says so: https://www.rfc-editor.org/rfc/rfc9207. Not compared unless given. */
  readonly issuer?: string;
  /** What is asked for unless the application says it; nothing unless given. */
  readonly scopes?: readonly string[];
  /** How the client secret is sent: in the form, unless `basic` is given. */
  readonly clientAuthentication?: 'post' | 'basic';
  /** Further parameters of the address at `authorization`, such as `access_type` of Google; none unless given. */
  readonly authorizationParameters?: Readonly<Record<string, string>>;
  /**
   * The further parameters, perhaps none, with which the client itself gets a token, without a user:
   * https://www.rfc-editor.org/rfc/rfc6749#section-4.4. It gets none unless given.
   */
  readonly clientCredentials?: Readonly<Record<string, string>>;
}

/** A kind of modern API: one file in this folder, one line in the list of `index.ts`. */
export interface ProviderKind<Declared extends Settings = Settings> {
  /** The `provider` of the configuration. */
  readonly name: string;
  /** How its vendor writes it. */
  readonly title: string;
  /** Where its vendor runs it, for the message that asks for a `base_url`. */
  readonly publicBaseUrl: string;
  /** The credential that a user signs in with. */
  readonly credential: Credential;
  /**
   * Whether a reply that is no success is this API's own word: whether it has the shape in which the API refuses. Any
   * other counts as an outage. A JSON object of any fields unless given.
   */
  readonly isRefusal?: IsRefusal;
  /** What this API means by a refusal, where the common table does not say it; none unless given. */
  readonly refusals?: readonly Refusal[];
  /**
   * The request that does the work of a method, such as `GET {base_url}/me`, for who moves a caller to this API itself:
   * names in braces stand for what is filled in. Unknown unless given.
   */
  readonly requests?: { readonly [Method in keyof Provider]?: string };
  /** How it gives tokens that end, to an application with a `client_id`; it has none unless given. */
  readonly oauth?: OAuthDescription;
  /** Keys of its own in the configuration of an application; none unless given. */
  readonly settings?: Declared;
  /** `timeLeft` gives the milliseconds until the call has to be over; infinite where nothing limits it. */
  readonly connect: (options: ConnectOptions<Declared>, timeLeft?: () => number) => Provider;
}
