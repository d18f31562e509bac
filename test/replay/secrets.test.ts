import { expect, test } from '@jest/globals';
import type { Exchange } from '../../src/core/exchange.js';
import { toFault } from '../../src/core/fault.js';
import { toDigest } from '../../src/observability/digests.js';
import { maskExchange } from '../../src/observability/masked-exchange.js';
import { createProtocols } from '../../src/protocols/index.js';
import type { LegacyRequest, Protocol } from '../../src/protocols/protocol.js';
import { openWsdl } from '../../src/protocols/soap/wsdl.js';
import { restoreRequest } from '../../src/replay/secrets.js';
import { readRequest, wireCases } from '../support/cases/wire.js';

/** A request without its secrets is what it was as soon as they are back. */

const wsdl = await openWsdl();
await wsdl.load();
const protocols = createProtocols({ xmlDepth: 32 }, wsdl);

function decoded(protocol: Protocol, request: LegacyRequest): unknown {
  try {
    return protocol.decode(request).call();
  } catch (error) {
    return toFault(error).reason;
  }
}

/** The request as it is recorded and sent again, and how many secrets it had. */
function sentAgain(protocol: Protocol, request: LegacyRequest): LegacyRequest & { readonly secrets: number } {
  const secrets = new Map<string, string>();
  const digest = (secret: string) => {
    const made = toDigest((secrets.size + 1).toString(16).padStart(24, '0'));
    const known = [...secrets].find(([, other]) => other === secret)?.[0] ?? made;
    secrets.set(known, secret);
    return known;
  };
  const query = request.query.toString('latin1');
  const exchange: Exchange = {
    ...{
      id: 'id',
      protocol: protocol.name,
      address: '',
      userAgent: request.userAgent,
      startedAt: 0,
      ms: 1,
      seen: undefined,
    },
    request: {
      method: query === '' ? 'POST' : 'GET',
      target: `${protocol.path}${query && '?'}${query}`,
      headers: [],
      body: request.body,
      contentType: request.contentType,
    },
    ...{ call: undefined, application: undefined, upstream: [], cause: undefined, secrets: [] },
    answer: { action: undefined, status: 'ok', result: {} },
    reply: { status: 200, headers: {}, body: '' },
  };
  const { request: masked } = maskExchange(exchange, digest);
  const restored = restoreRequest(
    {
      ...{ id: 'id', action: undefined, authToken: undefined, reply: { status: 200, body: '' } },
      request: { ...masked, headers: [] },
    },
    secrets,
  );
  return {
    query: Buffer.from(restored.target.split('?')[1] ?? '', 'latin1'),
    body: Buffer.from(restored.body),
    contentType: restored.contentType,
    userAgent: request.userAgent,
    secrets: secrets.size,
  };
}

const cases = protocols.flatMap((protocol) =>
  wireCases(protocol.name, 'request.http', 'call.json').map((name) => ({ protocol, name: `${protocol.name}/${name}` })),
);

// What is no text of XML becomes one, as the text that it is.
const mended = ['xml/unknown-entity'];

test.each(cases.filter(({ name }) => !mended.includes(name)))('$name is the same call', ({ protocol, name }) => {
  const request = readRequest(`${name}/request.http`);
  expect(decoded(protocol, sentAgain(protocol, request))).toEqual(decoded(protocol, request));
});
