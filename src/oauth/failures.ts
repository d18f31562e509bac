import { Fault } from '../core/fault.js';

/** The errors of the library that tell what a vendor said. */
interface Library {
  readonly ResponseBodyError: abstract new (
    ...given: never
  ) => Error & { readonly error: string; readonly status: number };
  readonly AuthorizationResponseError: abstract new (...given: never) => Error & { readonly error: string };
}

/** What the vendor says of the client itself: what the operator has to mend. */
const OF_CLIENT = [
  'invalid_client',
  'unauthorized_client',
  'invalid_scope',
  'unsupported_grant_type',
  'incorrect_client_credentials',
];

/**
 * After which the user has to agree again: those of OAuth, of OpenID Connect
 * (https://openid.net/specs/openid-connect-core-1_0.html#AuthError), which some vendors give to a refresh token, and of GitHub
 * (https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors).
 */
const OF_USER = [
  'invalid_grant',
  'access_denied',
  'expired_token',
  'interaction_required',
  'login_required',
  'consent_required',
  'bad_refresh_token',
  'bad_verification_code',
];

/**
 * The Fault of a request for a token that failed: `unauthenticated` where the vendor refuses what the user has, or the user
 * refused; else `unavailable`. Its cause has the vendor's error code, and none of its words, which may repeat a secret.
 */
export function toFaultOf(error: unknown, library: Library): Fault {
  const fault = faultIn(error);
  if (fault) return fault;
  if (error instanceof library.ResponseBodyError || error instanceof library.AuthorizationResponseError) {
    const code = /^[a-z_]{1,40}$/.test(error.error) ? error.error : 'an unknown error';
    if (OF_USER.includes(code))
      return new Fault('unauthenticated', { cause: `the vendor does not give a token (${code})` });
    const words = OF_CLIENT.includes(code) ? 'the vendor refuses client_id, client_secret or scopes' : 'no token';
    return new Fault('unavailable', { cause: new Error(`${words} (${code})`) });
  }
  const code = codeIn(error);
  // Of the requests themselves the timeouts are the transport's.
  if (code === 'OAUTH_TIMEOUT') return new Fault('unauthenticated', { cause: 'nobody has agreed in time' });
  return new Fault('unavailable', { cause: new Error(`the vendor's reply gives no token${code && ` (${code})`}`) });
}

/** A Fault that the library has as the cause of its error. */
export function faultIn(error: unknown): Fault | undefined {
  if (error instanceof Fault) return error;
  return error instanceof Error && error.cause !== undefined ? faultIn(error.cause) : undefined;
}

function codeIn(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[A-Z_]{1,60}$/.test(code) ? code : '';
}
