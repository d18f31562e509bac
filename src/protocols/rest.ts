import type { Sighting } from '../core/exchange.js';
import { formFields, sightForm, urlencodedFields } from './form.js';
import { collectParameters, toCall } from './parameters.js';
import { encodeResponse, plainInternalError } from './plain-response.js';
import type { Protocol } from './protocol.js';

/** `action=…&api_key=…` in the query, in a form of either encoding, or in both. */
export const rest: Protocol = {
  name: 'rest',
  path: '/api/1.0/rest',
  methods: ['GET', 'POST'],
  decode: ({ query, body, contentType }) => ({
    call: () => toCall(collectParameters(parametersIn(query, body, contentType))),
    seen: () => seenIn(query, body, contentType),
    encode: encodeResponse,
  }),
  internalError: plainInternalError,
};

/** The form is read behind the query, and only where the query has no more parameters than a request may have. */
function* parametersIn(
  query: Buffer,
  body: Buffer,
  contentType: string,
): Generator<[name: string, value: string], void> {
  for (const [name, value] of urlencodedFields(query, '')) yield [withoutIndex(name), value];
  for (const [name, value] of formFields(body, contentType)) yield [withoutIndex(name), value];
}

function seenIn(query: Buffer, body: Buffer, contentType: string): Sighting[] {
  const form = body.length > 0 ? sightForm(body, contentType) : [];
  return query.length > 0 ? [...sightForm(query, '', 'the query'), ...form] : form;
}

/** PHP clients send a list as `params[]=…` or `params[0]=…`. */
function withoutIndex(name: string): string {
  return name.replace(/\[\d*\]$/, '');
}
