import { Fault } from '../../core/fault.js';
import { decodeText } from '../../shared/charset.js';
import type { XmlElement } from '../document/reader.js';

/** The namespace of XML Schema instances, and that of its drafts of 1999, which programs of 2001 still send. */
const XSI = ['http://www.w3.org/2001/XMLSchema-instance', 'http://www.w3.org/1999/XMLSchema-instance'];

/** The value of an attribute in one of these namespaces; without them, in none. */
export function attributeOf(
  { attributes }: XmlElement,
  local: string,
  namespaces: readonly (string | undefined)[] = [undefined],
): string | undefined {
  return attributes.find((each) => each.local === local && namespaces.includes(each.namespace))?.value;
}

/** The first child of this local name, in any namespace. */
export function childNamed({ children }: XmlElement, name: string): XmlElement | undefined {
  return children.find(({ local }) => local === name);
}

/** Whether an xsd:boolean is true. */
export function isTrue(value: string | undefined): boolean {
  return value !== undefined && /^\s*(1|true)\s*$/.test(value);
}

export function isNil(element: XmlElement): boolean {
  return isTrue(attributeOf(element, 'nil', XSI) ?? attributeOf(element, 'null', XSI));
}

/** Gives the text of an element. Throws a `malformed` Fault where it is to be text in base64, and is not. */
export type TextOf = (element: XmlElement) => string;

/**
 * Some stacks send text that is not ASCII as base64 of its bytes, in whatever charset. It is decoded once, so that many
 * references cost one text.
 */
export function createTextOf(): TextOf {
  let decoded: Map<XmlElement, string> | undefined;
  return (element) => {
    const type = attributeOf(element, 'type', XSI);
    if (type === undefined || !/(^|:)base64(Binary)?$/.test(type)) return element.text;
    decoded ??= new Map();
    const text = decoded.get(element) ?? decodeText(bytesOfBase64(element.text), undefined);
    decoded.set(element, text);
    return text;
  };
}

/** Node.js leaves out what is no base64. */
function bytesOfBase64(text: string): Buffer {
  const [, digits = '', rest] = /^([\w+/-]*)=*(.*)$/s.exec(text.replace(/\s+/g, '')) ?? [];
  if (rest !== '' || digits.length % 4 === 1) throw new Fault('malformed', { explanation: 'a value is no base64' });
  return Buffer.from(digits, 'base64');
}
