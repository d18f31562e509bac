import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { literalWsdl } from './literal-wsdl.js';

const read = (name: string) => readFileSync(new URL(`../../../../wsdl/${name}`, import.meta.url), 'utf8');

test('box-literal.wsdl is what `npm run wsdl` makes from box.wsdl', () => {
  expect(read('box-literal.wsdl')).toBe(literalWsdl(read('box.wsdl')));
});

test('an operation more, or a part more, is in the literal WSDL too', () => {
  const more = read('box.wsdl')
    .replace(
      '<message name="logoutRequest">',
      '<message name="logoutRequest">\n    <part name="why" type="xsd:string"/>',
    )
    .replace('</portType>', '  <operation name="other"/>\n  </portType>');
  const literal = literalWsdl(more);
  expect(literal).toContain('<xsd:element name="why" type="xsd:string" nillable="true" minOccurs="0"/>');
  expect(literal).toContain('<operation name="other"/>');
});
