import { formFields, urlencodedFields } from './form.js';
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
      const pairs = [...urlencodedFields(query, ''), ...formFields(body, contentType)];
      return toCall(collectParameters(pairs.map(([name, value]) => [withoutIndex(name), value])));
    },
    encode: encodeResponse,
  }),
  internalError: plainInternalError,
};

/** PHP clients send a list as `params[]=…` or `params[0]=…`. */
function withoutIndex(name: string): string {
  return name.replace(/\[\d*\]$/, '');
}
