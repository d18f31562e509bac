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

/** The text of an element. Some stacks send text that is not ASCII as base64 of its UTF-8. */
export function textOf(element: XmlElement): string {
  const type = attributeOf(element, 'type', XSI) ?? '';
  return /(^|:)base64(Binary)?$/.test(type) ? Buffer.from(element.text, 'base64').toString() : element.text;
}
