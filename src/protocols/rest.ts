import { parse } from 'node:querystring';
import { decodeBody, percentDecoder } from '../shared/charset.js';
import { multipartFields } from './multipart.js';
import { collectParameters, toCall } from './parameters.js';
import { encodeResponse, plainInternalError } from './plain-response.js';
import type { Protocol } from './protocol.js';

/** `action=…&api_key=…` in the query, in a form of either encoding, or in both. */
export const rest: Protocol = {
  name: 'rest',
  path: '/api/1.0/rest',
  methods: ['GET', 'POST'],
  decode: ({ query, body, contentType }) => ({
    call: () => {
      const form = multipartFields(body, contentType) ?? decodePairs(body, contentType);
      const pairs = [...decodePairs(query, ''), ...form];
      return toCall(collectParameters(pairs.map(([name, value]) => [withoutIndex(name), value])));
    },
    encode: encodeResponse,
  }),
  internalError: plainInternalError,
};

function decodePairs(encoded: Buffer, contentType: string): [name: string, value: string][] {
  const parameters = parse(decodeBody(encoded, contentType), '&', '=', {
    maxKeys: 0,
    decodeURIComponent: percentDecoder(contentType),
  });
  return Object.entries(parameters).flatMap(([name, values = '']) =>
    [values].flat().map((value): [string, string] => [name, value]),
  );
}

/** PHP clients send a list as `params[]=…` or `params[0]=…`. */
function withoutIndex(name: string): string {
  return name.replace(/\[\d*\]$/, '');
}
