import { parse } from 'node:querystring';
import { decodeEscapes } from '../text.js';
import { callOf, gather, type Protocol } from './protocol.js';
import { encodeResponse } from './response.js';

/** `action=…&api_key=…` in the query or in a form, or in both. */
export const rest: Protocol = {
  name: 'rest',
  path: '/api/1.0/rest',
  methods: ['GET', 'POST'],
  decode: ({ query, body }) => callOf(gather([...pairs(query), ...pairs(body)])),
  encode: encodeResponse,
};

/** `params[]=…` and `params[0]=…` are values of `params`. */
function pairs(encoded: string): [string, string][] {
  const parameters = parse(encoded, '&', '=', { maxKeys: 0, decodeURIComponent: decodeEscapes });
  return Object.entries(parameters).flatMap(([name, values = '']) =>
    [values].flat().map((value): [string, string] => [name.replace(/\[\d*\]$/, ''), value]),
  );
}
