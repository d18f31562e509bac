import { Fault } from '../core/fault.js';
import type { OAuthDescription } from '../providers/provider.js';
import type { Scope } from '../shared/scope.js';
import type { Exchange } from '../upstream/client.js';
import { pollThroughOutages } from './device.js';
import { type Endpoints, endpointsOf, filled, type Values } from './endpoints.js';
import { toFaultOf } from './failures.js';
import { fetchWith } from './fetch.js';
import { type Grant, tokensIn } from './grant.js';

/** What begins at the sign-in page: where the browser goes, and the verifier of the code that it comes back with. */
interface Begun {
  readonly url: string;
  readonly verifier: string;
}

/** What a browser came back with. */
interface Returned {
  /** The query of the callback. */
  readonly query: URLSearchParams;
  readonly redirectUri: string;
  readonly state: string;
  readonly verifier: string;
}

/** What a user of a device has to do. */
export interface DeviceCode {
  readonly userCode: string;
  readonly url: string;
  /** The same with the code in it; undefined where the vendor has none. */
  readonly completeUrl: string | undefined;
}

/**
 * The tokens of one application at its vendor. Each method notes the secrets that it handles in the scope. It rejects as
 * `unauthenticated` where the vendor refuses the code or the refresh token, and else as `unavailable`; then the operator
 * is told why.
 */
export interface OAuthClient {
  /** The longest that a request of it takes, in milliseconds. */
  readonly timeoutMs: number;
  /** Absent: users cannot agree in a browser. */
  readonly begin?: ((redirectUri: string, state: string) => Promise<Begun>) | undefined;
  readonly redeem: (returned: Returned, scope: Scope) => Promise<Grant>;
  /** A grant in place of one, whose refresh token it may have spent. */
  readonly renew: (grant: Grant, scope: Scope) => Promise<Grant>;
  /** The client's own; absent where this vendor gives none. */
  readonly ofClient?: ((scope: Scope) => Promise<Grant>) | undefined;
  /** Absent: there is no sign-in of devices. `tell` is told what the user has to do, and then it is waited for. */
  readonly ofDevice?: ((tell: (code: DeviceCode) => void, scope: Scope) => Promise<Grant>) | undefined;
  /** Withdraws a grant; absent where the vendor has no way to. */
  readonly revoke?: ((grant: Grant, scope: Scope) => Promise<void>) | undefined;
}

export interface ClientOptions {
  readonly clientId: string;
  /** Undefined for a public client. */
  readonly clientSecret: string | undefined;
  /** Those of the provider unless given. */
  readonly scopes: readonly string[] | undefined;
  /** What stands for names in braces. */
  readonly values: Values;
  readonly exchange: Exchange;
  /** The timeout of `exchange`, in milliseconds. */
  readonly timeoutMs: number;
}

export function createOAuthClient(description: OAuthDescription, options: ClientOptions): OAuthClient {
  const { clientId, clientSecret, scopes = description.scopes ?? [], values, exchange, timeoutMs } = options;
  const { authorizationParameters = {}, clientCredentials, clientAuthentication } = description;
  const endpoints = endpointsOf(description, values);
  const scopeParameter: Readonly<Record<string, string>> = scopes.length > 0 ? { scope: scopes.join(' ') } : {};

  const configure = async (scope: Scope) => {
    note(scope, clientSecret === undefined ? [] : [clientSecret]);
    const library = await import('openid-client');
    const authentication =
      clientSecret === undefined
        ? library.None()
        : (clientAuthentication === 'basic' ? library.ClientSecretBasic : library.ClientSecretPost)(clientSecret);
    const configuration = new library.Configuration(metadataOf(endpoints), clientId, {}, authentication);
    // What the operator configured decides: an API in the same network may have no TLS.
    library.allowInsecureRequests(configuration);
    configuration[library.customFetch] = fetchWith(exchange, scope);
    return { library, configuration };
  };
  type Configured = Awaited<ReturnType<typeof configure>>;
  type Given = Awaited<ReturnType<Configured['library']['clientCredentialsGrant']>>;

  /** Asks for a grant, and notes its tokens. */
  const ask = async (scope: Scope, request: (configured: Configured) => Promise<Given>): Promise<Grant> => {
    const configured = await configure(scope);
    const given = await request(configured).catch((error: unknown) => {
      throw toFaultOf(error, configured.library);
    });
    const { access_token: accessToken, refresh_token: refreshToken, expires_in: seconds, scope: granted } = given;
    if (given.token_type !== 'bearer')
      throw new Fault('unavailable', { cause: new Error('the vendor gave a token of another type than Bearer') });
    const lifeMs = seconds === undefined ? undefined : seconds * 1000;
    const grant = { accessToken, refreshToken, lifeMs, scope: granted };
    note(scope, tokensIn(grant));
    return grant;
  };

  const ofClient = async (scope: Scope): Promise<Grant> => {
    const parameters = { ...scopeParameter, ...filledAll(clientCredentials ?? {}, values) };
    const grant = await ask(scope, ({ library, configuration }) =>
      library.clientCredentialsGrant(configuration, parameters),
    );
    return { ...grant, isOfClient: true };
  };

  return {
    timeoutMs,
    begin:
      endpoints.authorization === undefined
        ? undefined
        : async (redirectUri, state) => {
            const { library, configuration } = await configure({ deadline: 0, outcomes: [], secrets: [] });
            const verifier = library.randomPKCECodeVerifier();
            const url = library.buildAuthorizationUrl(configuration, {
              ...scopeParameter,
              ...filledAll(authorizationParameters, values),
              redirect_uri: redirectUri,
              state,
              code_challenge: await library.calculatePKCECodeChallenge(verifier),
              code_challenge_method: 'S256',
            });
            return { url: url.href, verifier };
          },
    redeem: ({ query, redirectUri, state, verifier }, scope) => {
      note(scope, [verifier, state, ...query.getAll('code')]);
      const url = new URL(redirectUri);
      url.search = `${withoutUnknownIssuer(query, endpoints)}`;
      return ask(scope, ({ library, configuration }) =>
        library.authorizationCodeGrant(configuration, url, { pkceCodeVerifier: verifier, expectedState: state }),
      );
    },
    renew: async (grant, scope) => {
      note(scope, tokensIn(grant));
      const { refreshToken, isOfClient } = grant;
      if (isOfClient) return ofClient(scope);
      if (refreshToken === undefined)
        throw new Fault('unauthenticated', {
          cause: 'the access token has ended, and the vendor gave no refresh token',
        });
      const given = await ask(scope, ({ library, configuration }) =>
        library.refreshTokenGrant(configuration, refreshToken),
      );
      // One that is not spent is not given again.
      return { ...given, refreshToken: given.refreshToken ?? refreshToken, scope: given.scope ?? grant.scope };
    },
    ofClient: clientCredentials && ofClient,
    ofDevice:
      endpoints.deviceAuthorization === undefined
        ? undefined
        : async (tell, scope) =>
            ask(scope, async ({ library, configuration }) => {
              const code = await library.initiateDeviceAuthorization(configuration, scopeParameter);
              note(scope, [code.device_code]);
              tell({
                userCode: code.user_code,
                url: code.verification_uri,
                completeUrl: code.verification_uri_complete,
              });
              return pollThroughOutages((known) => library.pollDeviceAuthorizationGrant(configuration, known), code);
            }),
    revoke:
      endpoints.revocation === undefined
        ? undefined
        : async (grant, scope) => {
            note(scope, tokensIn(grant));
            const { library, configuration } = await configure(scope);
            // Some vendors withdraw one kind of token alone, and refuse the other.
            const failures: Fault[] = [];
            for (const token of tokensIn(grant).reverse())
              await library.tokenRevocation(configuration, token).catch((error: unknown) => {
                failures.push(toFaultOf(error, library));
              });
            const [failure] = failures;
            if (failure) throw failure;
          },
  };
}

function metadataOf({ issuer, authorization, token, deviceAuthorization, revocation }: Endpoints) {
  return {
    issuer: issuer ?? token,
    token_endpoint: token,
    ...(authorization !== undefined && { authorization_endpoint: authorization }),
    ...(deviceAuthorization !== undefined && { device_authorization_endpoint: deviceAuthorization }),
    ...(revocation !== undefined && { revocation_endpoint: revocation }),
  };
}

/** The query of a callback without the issuer, where that cannot be compared. */
function withoutUnknownIssuer(query: URLSearchParams, { issuer }: Endpoints): URLSearchParams {
  const compared = new URLSearchParams(query);
  if (issuer === undefined) compared.delete('iss');
  return compared;
}

function filledAll(parameters: Readonly<Record<string, string>>, values: Values): Record<string, string> {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, filled(value, values)]));
}

function note({ secrets }: Scope, given: readonly string[]): void {
  for (const secret of given) if (!secrets.includes(secret)) secrets.push(secret);
}
