import { Fault } from '../core/fault.js';
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
        return toCall(collectParameters(request.children.flatMap(valuesOf)));
      },
      encode: encodeResponse,
    }),
    internalError: plainInternalError,
  };
}

/** The values of a parameter: its text, or the texts of its items (`<params><item>…</item></params>`). */
function valuesOf({ local, text, children }: XmlElement): [string, string][] {
  return children.length === 0 ? [[local, text]] : children.map((item) => [local, item.text]);
}
