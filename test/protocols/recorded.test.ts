import { describe, expect, test } from '@jest/globals';
import { defaultFaultStatus, toErrorAnswer } from '../../src/core/error-mapping.js';
import { toFault } from '../../src/core/fault.js';
import { createProtocols } from '../../src/protocols/index.js';
import type { DecodedRequest } from '../../src/protocols/protocol.js';
import { openWsdl } from '../../src/protocols/soap/wsdl.js';
import { readRequest, wireCases, wireFile } from '../support/cases/wire.js';

/** The recorded requests once more, by the protocols alone: a defect is theirs, not that of HTTP. */

const wsdl = await openWsdl();
await wsdl.load();
const protocols = createProtocols({ xmlDepth: 32 }, wsdl);

/** What HTTP undoes or refuses before a protocol sees it, and the calls that are refused behind one. */
const OF_HTTP =
  /chunk|gzip|deflate|coding|transfer|fragment|header-|length|line-feeds-alone|empty-lines|method|hosts|version-9|below|without-version|in-path|no-path|carriage-return-in|needless|query-(?:not|with)|unknown-(?:path|root)/;
const OF_DISPATCH = /-(?:action|operation)-\w+$|unknown-operation$/;

function examplesOf(folder: string, reply: string) {
  return wireCases(folder, 'request.http', reply).filter((name) => !OF_HTTP.test(name) && !OF_DISPATCH.test(name));
}

function decoded(example: string): DecodedRequest {
  const path = /^\s*\S+ \S*?\/api\/+(?:1\.0\/+)?(\w+)/i.exec(wireFile(`${example}/request.http`))?.[1]?.toLowerCase();
  const protocol = protocols.find(({ name }) => name === path);
  if (!protocol) throw new Error(`no protocol of ${example}`);
  return protocol.decode(readRequest(`${example}/request.http`));
}

describe('a call is read', () => {
  test.each(examplesOf('old-clients', 'call.json'))('%s', (example) => {
    const { cause: _cause, ...expected } = JSON.parse(wireFile(`old-clients/${example}/call.json`));
    const { rejection, call } = decoded(`old-clients/${example}`);
    const { action, parameters } = call();
    expect(rejection).toBeUndefined();
    expect({ action, parameters: Object.fromEntries(parameters) }).toEqual(expected);
  });
});

describe('a request is refused', () => {
  test.each(examplesOf('hostile', 'reply.json'))('%s', (example) => {
    const { cause, ...expected } = JSON.parse(wireFile(`hostile/${example}/reply.json`));
    const request = decoded(`hostile/${example}`);
    const fault = faultOf(request);
    expect(fault?.explanation).toBe(cause);
    const options = { unknownNumbers: 'auto', faultStatus: defaultFaultStatus, replyCharset: 'UTF-8' } as const;
    const { status, body } = request.encode(toErrorAnswer(fault), options);
    const code = /<(?:faultcode|SOAP-ENV:Value)>SOAP-ENV:(\w+)</.exec(`${body}`)?.[1];
    const told = code === undefined ? { status: /<status>(\w+)</.exec(`${body}`)?.[1] } : { fault: code };
    expect({ http: status, ...told }).toEqual(expected);
  });
});

function faultOf({ rejection, call }: DecodedRequest) {
  if (rejection) return rejection;
  try {
    call();
  } catch (error) {
    return toFault(error);
  }
  throw new Error('it is read as a call');
}
