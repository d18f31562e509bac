import { generateKeyPairSync } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type Configuration, Provider } from 'oidc-provider';
import { type Listener, listen } from '../../../src/http/listener.js';
import { afterwards } from '../cleanup.js';
import { createVendorAdapter } from './vendor-adapter.js';

const CLIENT_ID = 'the-bridge';
export const CLIENT_SECRET = 'the-secret-of-the-client-at-the-vendor';

export interface Vendor extends Pick<Listener, 'url'> {
  /** Begins to answer; to be called once it is known where browsers come back. */
  readonly open: (bridgeUrl: string) => void;
  /** The configuration of an application whose users agree at the vendor. */
  readonly application: (apiKey?: string) => Record<string, unknown>;
  /** Answers first where it gives true; none after an empty call. */
  readonly intercept: (answers?: (request: IncomingMessage, response: ServerResponse) => boolean) => void;
  /** The refresh tokens that came, in their order. */
  readonly spent: readonly string[];
  /** How often the vendor withdrew a whole grant, as it does when a refresh token comes twice. */
  readonly revocations: () => number;
  /** The writes that its API did. */
  readonly writes: readonly string[];
  /** An access token that a user made there by hand. */
  readonly ownToken: () => Promise<string>;
  /** Milliseconds since it last answered a request for a token. */
  readonly idleMs: () => number;
  /** How often its API refused a token. */
  readonly refused: () => number;
  /** Withdraws all grants, as a user can. */
  readonly withdrawAll: () => Promise<void>;
  /** Changes what it answers to requests for tokens. */
  readonly changeTokens: (change: (reply: Readonly<Record<string, unknown>>) => object) => void;
  /** Lets requests for tokens wait. */
  readonly holdTokens: () => { readonly waiting: () => number; readonly release: () => void };
  /** Ends all access tokens at once. */
  readonly endAccessTokens: () => void;
  /** Every secret that it gave or was sent. */
  readonly secrets: ReadonlySet<string>;
  /** Agrees, as a user, to what a device asks for. */
  readonly provider: () => Provider;
}

export interface VendorOptions {
  /** The life of an access token in seconds; an hour unless given. */
  readonly lifeSeconds?: number;
  /** Whether a refresh token can be used once; it does unless given. */
  readonly rotates?: boolean;
  /** Whether its API says the token of each request in its reply; it does not unless given. */
  readonly echoes?: boolean;
}

/**
 * A real authorization server with rotation and reuse detection, with an account API of its own. Its users agree by a form
 * with one button each.
 */
export async function startVendor({
  lifeSeconds = 3600,
  rotates = true,
  echoes = false,
}: VendorOptions = {}): Promise<Vendor> {
  let listener: RequestListener = (_request, response) => void response.writeHead(503).end();
  let provider: Provider | undefined;
  let intercept: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  let revocations = 0;
  const ended = new Set<string>();
  const grants = new Set<string>();
  let refused = 0;
  let change: Parameters<Vendor['changeTokens']>[0] = (reply) => reply;
  let holding: Promise<void> | undefined;
  let waiting = 0;
  let answeredAt = 0;
  const spent: string[] = [];
  const writes: string[] = [];
  const secrets = new Set<string>([CLIENT_SECRET]);
  const server = await listen(
    (request, response) => {
      if (!intercept(request, response)) listener(request, response);
    },
    { host: '127.0.0.1', port: 0 },
  );
  const { url } = server;
  afterwards(server.close);

  const note = (...given: readonly unknown[]) => {
    for (const each of given) if (typeof each === 'string' && each !== '') secrets.add(each);
  };

  const open = (bridgeUrl: string) => {
    const server = new Provider(url, configurationOf(bridgeUrl, { lifeSeconds, rotates }));
    provider = server;
    server.on('grant.success', ({ oidc }) => {
      if (oidc.entities.Grant) grants.add(oidc.entities.Grant.jti);
    });
    server.on('grant.revoked', () => {
      revocations += 1;
    });
    server.use(async (context, next) => {
      if (context.path === '/token' && holding) {
        waiting += 1;
        await holding;
      }
      await next();
      if (context.path === '/token') answeredAt = performance.now();
      const { params, body } = { params: context.oidc?.params ?? {}, body: context.body };
      const { refresh_token: refreshToken, code, code_verifier: verifier, state } = params;
      note(refreshToken, code, verifier, state);
      if (context.path === '/token' && typeof refreshToken === 'string') spent.push(refreshToken);
      if (typeof body === 'object' && body !== null) {
        if ('access_token' in body) note(body.access_token);
        if ('refresh_token' in body) note(body.refresh_token);
        if ('device_code' in body) {
          note(body.device_code);
          context.body = { ...body, interval: 1 };
        }
        if ('access_token' in body) context.body = change({ ...body });
      }
    });
    const answer = server.callback();
    listener = (request, response) => {
      const { pathname } = new URL(request.url ?? '/', url);
      if (pathname === '/api/me') void serveAccount(server, request, response);
      else if (pathname.startsWith('/interaction/')) void interact(server, request, response);
      else if (pathname === '/favicon.ico') response.writeHead(204).end();
      else answer(request, response);
    };
  };

  const serveAccount = async (server: Provider, request: IncomingMessage, response: ServerResponse) => {
    const send = (status: number, body: object) =>
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    const echo = echoes ? { echo: `You sent ${token}.` } : {};
    const found = (await server.AccessToken.find(token)) ?? (await server.ClientCredentials.find(token));
    if (!found || ended.has(token)) {
      refused += 1;
      return send(401, { error: 'The token is not valid.', ...echo });
    }
    const login = 'accountId' in found ? String(found.accountId) : 'the-client-itself';
    if (request.method === 'PUT') writes.push((await buffer(request)).toString());
    send(200, { id: `id-of-${login}`, login, name: 'Somebody', ...echo });
  };

  return {
    url,
    open,
    application: (apiKey = 'key') => ({
      api_key: apiKey,
      provider: fileURLToPath(new URL('./vendor-kind.js', import.meta.url)),
      base_url: url,
      credentials: 'vault',
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
    }),
    intercept: (answers = () => false) => {
      intercept = answers;
    },
    spent,
    ownToken: async () => {
      if (!provider) throw new Error('the vendor is not open');
      const client = await provider.Client.find(CLIENT_ID);
      if (!client) throw new Error('the vendor has no client');
      const grant = new provider.Grant({ accountId: 'somebody', clientId: CLIENT_ID });
      const token = new provider.AccessToken({
        client,
        accountId: 'somebody',
        grantId: await grant.save(),
        gty: 'authorization_code',
        scope: 'openid',
      });
      const value = await token.save();
      note(value);
      return value;
    },
    idleMs: () => performance.now() - answeredAt,
    refused: () => refused,
    withdrawAll: async () => {
      for (const id of grants) await (await provider?.Grant.find(id))?.destroy();
    },
    changeTokens: (next) => {
      change = next;
    },
    holdTokens: () => {
      let release = () => {};
      waiting = 0;
      holding = new Promise((resolve) => {
        release = () => {
          holding = undefined;
          resolve();
        };
      });
      return { waiting: () => waiting, release };
    },
    revocations: () => revocations,
    writes,
    endAccessTokens: () => {
      for (const secret of secrets) ended.add(secret);
    },
    secrets,
    provider: () => {
      if (!provider) throw new Error('the vendor is not open');
      return provider;
    },
  };
}

const { privateKey: KEY } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const LASTING = ['AuthorizationCode', 'DeviceCode', 'Grant', 'IdToken', 'Interaction', 'RefreshToken', 'Session'];

function configurationOf(
  bridgeUrl: string,
  { lifeSeconds, rotates }: Required<Pick<VendorOptions, 'lifeSeconds' | 'rotates'>>,
): Configuration {
  return {
    adapter: createVendorAdapter(),
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        token_endpoint_auth_method: 'client_secret_post',
        redirect_uris: [`${bridgeUrl}/api/1.0/auth/callback`],
        response_types: ['code'],
        id_token_signed_response_alg: 'ES256',
        grant_types: [
          'authorization_code',
          'refresh_token',
          'client_credentials',
          'urn:ietf:params:oauth:grant-type:device_code',
        ],
      },
    ],
    cookies: { keys: ['a key for the cookies of a test'] },
    jwks: { keys: [{ ...KEY.export({ format: 'jwk' }), use: 'sig', alg: 'ES256' }] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      deviceFlow: {
        enabled: true,
        userCodeInputSource: async (context, form) => {
          context.body = form;
        },
        userCodeConfirmSource: async (context, form) => {
          context.body = form;
        },
        successSource: async (context) => {
          context.body = 'Done.';
        },
      },
      revocation: { enabled: true },
    },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    issueRefreshToken: async () => true,
    pkce: { required: () => true, methods: ['S256'] },
    rotateRefreshToken: rotates,
    ttl: {
      ...Object.fromEntries(LASTING.map((kind) => [kind, 3600])),
      AccessToken: lifeSeconds,
      ClientCredentials: lifeSeconds,
    },
  };
}

/** The page on which a user agrees, or does not. */
async function interact(server: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET') {
    const buttons = ['Agree', 'Refuse'].map((name) => `<button name="answer" value="${name}">${name}</button>`);
    response.writeHead(200, { 'Content-Type': 'text/html' }).end(`<form method="post">${buttons.join('')}</form>`);
    return;
  }
  const answer = new URLSearchParams((await buffer(request)).toString()).get('answer');
  const { prompt, params, session, grantId } = await server.interactionDetails(request, response);
  if (answer !== 'Agree') {
    await server.interactionFinished(request, response, { error: 'access_denied' });
    return;
  }
  if (prompt.name === 'login') {
    await server.interactionFinished(request, response, { login: { accountId: 'somebody' } });
    return;
  }
  const known = grantId === undefined ? undefined : await server.Grant.find(grantId);
  const grant = known ?? new server.Grant({ accountId: session?.accountId, clientId: String(params.client_id) });
  grant.addOIDCScope(String(params.scope ?? ''));
  const result = { consent: { grantId: await grant.save() } };
  await server.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
}
