/**
 * A provider of one's own, for the account API of a service that does not exist:
 *
 *     GET /me     who the key belongs to
 *     PATCH /me   changes what the JSON object in its body has: full_name, email
 *
 * A key may belong to several workspaces, each with a storage of its own: `?workspace=` names the one that is meant, the
 * first unless given. Both take the header `X-Api-Key` and reply 200 with the account as it is then:
 *
 *     {"id": 7, "username": "ada", "full_name": "Ada", "email": "ada@example.com", "storage": {"limit": 5000, "used": 12}}
 *
 * `storage` is in bytes, and its limit is null where there is none. Everything else is an error, such as
 * {"code": "email_taken", "message": "Somebody else has this address."}:
 *
 *     401 unknown_key   403 read_only_key   422 email_taken   422 email_malformed   422 name_too_long   429 slow_down
 *
 * `bridge.yaml` uses it.
 */
import { accountAfterWrite, headerText, integerOf, isObject, nativeIdOf, textOf } from 'boxbridge/provider';

/**
 * Maps the API's account to the bridge's. `attributes` is the reply as it is: callers get every leaf of it.
 *
 * @param {import('boxbridge/provider').JsonObject} me
 * @returns {import('boxbridge/provider').Account}
 */
function toAccount(me) {
  const storage = isObject(me.storage) ? me.storage : {};
  return {
    nativeId: nativeIdOf(me.id),
    login: textOf(me.username) ?? '',
    name: textOf(me.full_name),
    email: textOf(me.email) ?? '',
    spaceAmount: storage.limit === null ? 'unlimited' : integerOf(storage.limit),
    spaceUsed: integerOf(storage.used),
    attributes: me,
  };
}

/**
 * Only what differs from the common table of statuses: 400 and 422 invalid and 409 conflict, all three for writes alone;
 * 401 unauthenticated, 403 restricted, 404 missing; 405, 406, 410, 415 and 501 restricted; anything else an outage.
 *
 * @type {import('boxbridge/provider').ErrorMapping}
 */
function mapError(status, body) {
  if (status !== 422 || !isObject(body)) return undefined;
  if (body.code === 'email_taken') return 'conflict';
  return body.code === 'email_malformed' ? 'invalid email' : undefined;
}

/** @type {import('boxbridge/provider').ProviderKind} */
const provider = {
  name: 'my-service',
  title: 'My Service',
  publicBaseUrl: 'https://api.my-service.example',
  // What the sign-in page asks for, and where one gets it. German, French and Spanish are shown in English where they are not here.
  credential: {
    name: 'API key',
    hint: 'It is on the page "API" of your profile.',
    url: 'https://docs.my-service.example/keys',
    translations: { de: { name: 'API-Schlüssel', hint: 'Er steht auf der Seite „API“ Ihres Profils.' } },
  },
  // A key of the configuration, beside `provider: ./my-service.js`; `connect` gets its value in camelCase.
  settings: {
    workspace: { kind: 'text', description: 'the workspace whose storage is shown, the first unless given' },
  },
  connect: ({ baseUrl, settings: { workspace }, send }) => {
    const query = workspace === undefined ? '' : `?${new URLSearchParams({ workspace })}`;
    const url = `${baseUrl}/me${query}`;
    /** @param {string} credential */
    const headersOf = (credential) => ({ 'X-Api-Key': headerText(credential), Accept: 'application/json' });
    return {
      readAccount: async (credential) => toAccount(await send({ method: 'GET', url, headers: headersOf(credential) })),
      updateAccount: {
        fields: ['name', 'email'],
        send: async (credential, { name, email }) => {
          // What is undefined is not in the JSON text.
          const body = { type: 'application/json', text: JSON.stringify({ full_name: name, email }) };
          const headers = headersOf(credential);
          const reply = await send({ method: 'PATCH', url, headers, body, errorMapping: mapError });
          // A write that got a 2xx has succeeded, whatever its reply.
          return accountAfterWrite(reply, toAccount);
        },
      },
      // The API can neither change a password nor delete an account. A method that is absent is answered with
      // application_restricted.
    };
  },
};

export default provider;
