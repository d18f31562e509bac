import { Fault } from '../core/fault.js';
import { decodeBody } from '../shared/charset.js';
import { readDocument, type XmlElement } from './document/reader.js';
import { encodeResponse } from './plain-response.js';
import { callOf, gather, type Protocol, type ProtocolLimits } from './protocol.js';

/** `<request>` with a child for every parameter. */
export function xml({ xmlDepth }: ProtocolLimits): Protocol {
  return {
    name: 'xml',
    path: '/api/1.0/xml',
    methods: ['POST'],
    read: ({ body, contentType }) => ({
      call: () => {
        const request = readDocument(decodeBody(body, contentType), { depth: xmlDepth, namespaces: false });
        if (request.local !== 'request') {
          throw new Fault('malformed', { explanation: 'the root element is not <request>' });
        }
        return callOf(gather(request.children.flatMap(valuesOf)));
      },
      encode: encodeResponse,
    }),
  };
}

/** The values of a parameter element: its text, or that of its items (`<params><item>…</item></params>`). */
function valuesOf({ local, text, children }: XmlElement): [string, string][] {
  return children.length === 0 ? [[local, text]] : children.map((item) => [local, item.text]);
}
