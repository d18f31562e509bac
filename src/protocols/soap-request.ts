import type { Call } from '../call.js';
import { Fault } from '../fault.js';
import type { XmlElement } from './document.js';
import { gather } from './protocol.js';

export const ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/';
export const XSI = 'http://www.w3.org/2001/XMLSchema-instance';

/**
 * The call in an envelope. The old clients agree on nothing but the place and the local name of its element: they
 * qualify parameters or not, type them or not, and put the encodingStyle anywhere.
 */
export function callIn(envelope: XmlElement): Call {
  if (envelope.local !== 'Envelope' || envelope.namespace !== ENVELOPE) {
    throw new Fault('malformed', { explanation: `the root element is not Envelope of ${ENVELOPE}` });
  }
  const body = envelope.children.find(({ local }) => local === 'Body')?.children ?? [];
  const [operation] = body;
  if (!operation) throw new Fault('malformed', { explanation: 'no operation in the Body' });
  const shared = new Map(body.map((element) => [`#${attributeOf(element, 'id')}`, element]));
  const pairs = operation.children.flatMap((parameter) =>
    valuesOf(parameter, shared).map((value): [string, string] => [parameter.local, value]),
  );
  return { action: operation.local, parameters: gather(pairs) };
}

/** Values that stand beside the operation because several parameters have them, by what refers to them. */
type Shared = ReadonlyMap<string, XmlElement>;

/** The values of a parameter: its text, or the text of its items; empty if it is nil. */
function valuesOf(parameter: XmlElement, shared: Shared): string[] {
  const element = shared.get(attributeOf(parameter, 'href') ?? '') ?? parameter;
  if (/^(true|1)$/.test(attributeOf(element, 'nil', XSI) ?? '')) return [''];
  return element.children.length === 0 ? [textOf(element)] : element.children.map(textOf);
}

/** Some stacks send a text with other letters than those of ASCII as base64 of its UTF-8, on their own account. */
function textOf(element: XmlElement): string {
  const type = attributeOf(element, 'type', XSI) ?? '';
  return /(^|:)base64(Binary)?$/.test(type) ? Buffer.from(element.text, 'base64').toString() : element.text;
}

function attributeOf({ attributes }: XmlElement, local: string, namespace?: string): string | undefined {
  return attributes.find((attribute) => attribute.local === local && attribute.namespace === namespace)?.value;
}
