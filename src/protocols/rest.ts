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
  return [...new URLSearchParams(encoded)].map(([name, value]) => [name.replace(/\[\d*\]$/, ''), value]);
}
