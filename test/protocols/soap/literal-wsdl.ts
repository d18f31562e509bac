import { type Action, actions, isAction } from '../../../src/core/actions.js';

const BOX_NAMESPACE = 'urn:boxnet';
const NILLABLE = ' nillable="true" minOccurs="0"';

/** The lines of a wrapper element. */
const element = (indent: string, name: string, parts: readonly string[]) =>
  [
    `<xsd:element name="${name}">`,
    '  <xsd:complexType>',
    '    <xsd:sequence>',
    ...parts.map((part) => `      ${part}`),
    '    </xsd:sequence>',
    '  </xsd:complexType>',
    '</xsd:element>',
  ]
    .map((line) => `${indent}${line}\n`)
    .join('');

/** Whether a message always has a part: a call its required parameters, an answer its status. */
function isAlwaysThere(message: string, part: string): boolean {
  const [, action = '', kind] = /^(\w+?)(Request|Response)$/.exec(message) ?? [];
  if (kind === 'Response') return part === 'status';
  const { parameters }: Action = isAction(action) ? actions[action] : { parameters: {} };
  return part === 'api_key' || parameters[part] === 'required';
}

/**
 * The WSDL of document/literal, made from that of RPC/encoded: the parts of each message become the elements of one
 * wrapper element, named after the operation. What a message can lack is nillable and optional, and so are the numbers
 * of a user that the modern API does not know.
 */
export function literalWsdl(encoded: string): string {
  const elements: string[] = [];
  const messages = encoded.replace(
    /<message name="(\w+)">\n(.*?) {2}<\/message>/gs,
    (_message, message: string, content: string) => {
      const wrapper = message.replace(/Request$/, '');
      const parts = [...content.matchAll(/<part name="(\w+)" type="([\w:]+)"\/>/g)].map(
        ([, name = '', type]) =>
          `<xsd:element name="${name}" type="${type}"${isAlwaysThere(message, name) ? '' : NILLABLE}/>`,
      );
      elements.push(element('      ', wrapper, parts));
      return `<message name="${message}">\n    <part name="parameters" element="tns:${wrapper}"/>\n  </message>`;
    },
  );
  return messages
    .replace(`<xsd:schema targetNamespace="${BOX_NAMESPACE}">`, (schema) =>
      schema.replace('>', ' elementFormDefault="qualified">'),
    )
    .replaceAll('xsd:all>', 'xsd:sequence>')
    .replaceAll('type="xsd:long"/>', `type="xsd:long"${NILLABLE}/>`)
    .replace('    </xsd:schema>', `\n${elements.join('')}    </xsd:schema>`)
    .replaceAll('SOAPUser', 'User')
    .replaceAll(/<soap:body [^>]*>/g, '<soap:body use="literal"/>')
    .replace('style="rpc"', 'style="document"')
    .replaceAll(`="${BOX_NAMESPACE}"`, `="${BOX_NAMESPACE}:literal"`);
}
