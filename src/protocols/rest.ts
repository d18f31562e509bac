import { parse } from 'node:querystring';
import { decodeBody, decodeEscapes } from '../text.js';
import { isMultipart, partsOf } from './multipart.js';
import { callOf, gather, type Protocol } from './protocol.js';
import { encodeResponse } from './response.js';

type Pair = [name: string, value: string];

/** `action=…&api_key=…` in the query, in a form of either encoding, or split over query and form. */
export const rest: Protocol = {
  name: 'rest',
  path: '/api/1.0/rest',
  methods: ['GET', 'POST'],
  read: ({ query, body, contentType }) => ({
    call: () => {
      const form = isMultipart(body) ? partsOf(body) : pairsIn(decodeBody(body, contentType));
      const pairs = [...pairsIn(decodeBody(query, '')), ...form];
      return callOf(gather(pairs.map(([name, value]) => [withoutIndex(name), value])));
    },
    encode: encodeResponse,
  }),
};

function pairsIn(encoded: string): Pair[] {
  const parameters = parse(encoded, '&', '=', { maxKeys: 0, decodeURIComponent: decodeEscapes });
  return Object.entries(parameters).flatMap(([name, values = '']) =>
    [values].flat().map((value): Pair => [name, value]),
  );
}

/** `params[]=…` and `params[0]=…` are values of `params`. */
function withoutIndex(name: string): string {
  return name.replace(/\[\d*\]$/, '');
}
