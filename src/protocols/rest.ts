import { parse } from 'node:querystring';
import { decodeBody, escapesIn } from '../shared/charset.js';
import { multipartFields } from './multipart.js';
import { collectParameters, toCall } from './parameters.js';
import { encodeResponse, plainInternalError } from './plain-response.js';
import type { Protocol } from './protocol.js';

type Pair = [name: string, value: string];

/** `action=…&api_key=…` in the query, in a form of either encoding, or split over query and form. */
export const rest: Protocol = {
  name: 'rest',
  path: '/api/1.0/rest',
  methods: ['GET', 'POST'],
  decode: ({ query, body, contentType }) => ({
    call: () => {
      const form = multipartFields(body, contentType) ?? pairsIn(body, contentType);
      const pairs = [...pairsIn(query, ''), ...form];
      return toCall(collectParameters(pairs.map(([name, value]) => [withoutIndex(name), value])));
    },
    encode: encodeResponse,
  }),
  internalError: plainInternalError,
};

function pairsIn(encoded: Buffer, contentType: string): Pair[] {
  const parameters = parse(decodeBody(encoded, contentType), '&', '=', {
    maxKeys: 0,
    decodeURIComponent: escapesIn(contentType),
  });
  return Object.entries(parameters).flatMap(([name, values = '']) =>
    [values].flat().map((value): Pair => [name, value]),
  );
}

/** `params[]=…` and `params[0]=…` are values of `params`. */
function withoutIndex(name: string): string {
  return name.replace(/\[\d*\]$/, '');
}
