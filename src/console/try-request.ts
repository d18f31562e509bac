import { actions, isAction } from '../core/actions.js';

/** A request to the callers' listener, as an old program sends it. */
export interface CallRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Empty for GET. */
  readonly body: string;
}

type Parameters = readonly (readonly [name: string, value: string])[];

interface CallFormat {
  readonly title: string;
  /** The request of an action with parameters, its api_key included, to the bridge at this URL. */
  readonly request: (bridge: string, action: string, parameters: Parameters) => CallRequest;
}

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';
const ENCODING = 'http://schemas.xmlsoap.org/soap/encoding/';
const SCHEMA = 'http://www.w3.org/2001/XMLSchema';

const post = (url: string, body: string, ...headers: CallRequest['headers']): CallRequest => ({
  method: 'POST',
  url,
  headers: [['Content-Type', 'text/xml; charset=utf-8'], ...headers],
  body,
});

const envelope = (operation: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="${SOAP}">\n  <soap:Body>\n${operation}\n  </soap:Body>\n</soap:Envelope>\n`;

const elements = (parameters: Parameters, indent: string, attributes = '') =>
  parameters.map(([name, value]) => `\n${indent}<${name}${attributes}>${escaped(value)}</${name}>`).join('');

/** The formats in which a call can be tried, by their names in a form. */
export const formats = {
  rest: {
    title: 'REST',
    request: (bridge, action, parameters) => {
      const query = new URLSearchParams({ action });
      for (const [name, value] of parameters) query.set(name, value);
      return { method: 'GET', url: `${bridge}/api/1.0/rest?${query}`, headers: [], body: '' };
    },
  },
  xml: {
    title: 'XML',
    request: (bridge, action, parameters) =>
      post(`${bridge}/api/1.0/xml`, `<request>${elements([['action', action], ...parameters], '  ')}\n</request>\n`),
  },
  soap: {
    title: 'SOAP 1.1, RPC/encoded',
    request: (bridge, action, parameters) => {
      const typed = ` xsi:type="xsd:string"`;
      const start = `    <box:${action} xmlns:box="urn:boxnet" xmlns:xsd="${SCHEMA}" xmlns:xsi="${SCHEMA}-instance" soap:encodingStyle="${ENCODING}">`;
      const operation = `${start}${elements(parameters, '      ', typed)}\n    </box:${action}>`;
      return post(`${bridge}/api/1.0/soap`, envelope(operation), ['SOAPAction', '"urn:boxnet"']);
    },
  },
  literal: {
    title: 'SOAP 1.1, document/literal',
    request: (bridge, action, parameters) => {
      const start = `    <${action} xmlns="urn:boxnet:literal">`;
      const operation = `${start}${elements(parameters, '      ')}\n    </${action}>`;
      return post(`${bridge}/api/1.0/soap`, envelope(operation), ['SOAPAction', '""']);
    },
  },
} as const satisfies Readonly<Record<string, CallFormat>>;

export type FormatName = keyof typeof formats;

export const isFormat = (name: string): name is FormatName => Object.hasOwn(formats, name);

/** A parameter that an action takes. */
export interface ActionParameter {
  readonly name: string;
  readonly isRequired: boolean;
}

/** The parameters of an action, beside its api_key, in the order of the WSDL; none where there is no such action. */
export function parametersOf(action: string): ActionParameter[] {
  if (!isAction(action)) return [];
  return Object.entries(actions[action].parameters).map(([name, need]) => ({ name, isRequired: need === 'required' }));
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
