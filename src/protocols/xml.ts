import { Fault } from '../core/fault.js';
import { sightCharset } from '../shared/charset.js';
import { readBody } from './document/body.js';
import type { XmlElement } from './document/reader.js';
import { collectParameters, toCall } from './parameters.js';
import { encodeResponse, plainInternalError } from './plain-response.js';
import type { Protocol, ProtocolLimits } from './protocol.js';

/** A `<request>` document with a child element for every parameter. */
export function xml({ xmlDepth }: ProtocolLimits): Protocol {
  return {
    name: 'xml',
    path: '/api/1.0/xml',
    methods: ['POST'],
    decode: ({ body, contentType }) => ({
      call: () => {
        const request = readBody(body, contentType, { depth: xmlDepth, namespaces: false });
        if (request.local !== 'request') {
          throw new Fault('malformed', { explanation: 'the root element is not <request>' });
        }
        return toCall(collectParameters(parametersIn(request)));
      },
      seen: () => [
        { what: 'dialect', is: 'a document <request>', why: 'its path takes no other' },
        sightCharset(body, contentType),
      ],
      encode: encodeResponse,
    }),
    internalError: plainInternalError,
  };
}

/** The values of each parameter: its text, or the texts of its items (`<params><item>…</item></params>`). */
function* parametersIn(request: XmlElement): Generator<[name: string, value: string], void> {
  for (const { local, text, children } of request.children) {
    if (children.length === 0) yield [local, text];
    for (const item of children) yield [local, item.text];
  }
}
