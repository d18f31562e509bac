import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Requirement } from './requirements.js';

export const xmllint: Requirement = { what: 'xmllint', debian: 'libxml2-utils', probe: ['xmllint', '--version'] };

/** The errors of xmllint in documents, by a grammar or schema in a file; empty where they are valid. */
export async function invalidity(
  kind: '--relaxng' | '--schema',
  grammar: string,
  folder: string,
  documents: readonly (string | Buffer)[],
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const names = documents.map((_, index) => `${index}.xml`);
  await Promise.all(names.map((name, index) => writeFile(join(folder, name), documents[index] ?? '')));
  return new Promise((resolve) => {
    const parameters = ['--noout', '--nonet', kind, grammar, ...names];
    execFile('xmllint', parameters, { cwd: folder, maxBuffer: 1 << 26 }, (error, _stdout, stderr) => {
      const failed = stderr.split('\n').filter((line) => line !== '' && !/^\S+ validates$/.test(line));
      resolve(error ? failed.join('\n') || error.message : '');
    });
  });
}

/** The schema in a WSDL, as a document of its own. */
function schemaIn(wsdl: string): string {
  const schema = /<xsd:schema [\s\S]*<\/xsd:schema>/.exec(wsdl)?.[0] ?? '';
  const [root = ''] = wsdl.match(/<definitions [^>]*>/) ?? [];
  const prefixes = root.match(/xmlns:(?:tns|xsd)="[^"]*"/g) ?? [];
  return schema.replace('<xsd:schema', `<xsd:schema ${prefixes.join(' ')}`);
}

/** An envelope of SOAP whose Body has one element, of a schema or a Fault; its attributes are of no interest here. */
function envelopeSchema(envelope: string, target: string): string {
  return `<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="${envelope}" xmlns:e="${envelope}" elementFormDefault="qualified">
  <import namespace="${target}" schemaLocation="body.xsd"/>
  <element name="Envelope">
    <complexType>
      <sequence>
        <element name="Header" minOccurs="0">
          <complexType><sequence><any minOccurs="0" maxOccurs="unbounded" processContents="skip"/></sequence></complexType>
        </element>
        <element name="Body">
          <complexType>
            <choice>
              <any namespace="${target}" processContents="strict"/>
              <element name="Fault"><complexType><sequence><any maxOccurs="unbounded" processContents="skip"/></sequence></complexType></element>
            </choice>
          </complexType>
        </element>
      </sequence>
    </complexType>
  </element>
</schema>
`;
}

const envelopes = {
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
} as const;

/**
 * The errors in messages of a version of SOAP, by the schema of a document/literal WSDL; empty where they are valid.
 */
export async function invalidMessages(
  wsdl: string,
  version: keyof typeof envelopes,
  folder: string,
  messages: readonly (string | Buffer)[],
): Promise<string> {
  const [, target = ''] = /targetNamespace="([^"]*)"/.exec(wsdl) ?? [];
  await writeFile(join(folder, 'body.xsd'), schemaIn(wsdl));
  await writeFile(join(folder, 'envelope.xsd'), envelopeSchema(envelopes[version], target));
  return invalidity('--schema', join(folder, 'envelope.xsd'), join(folder, version), messages);
}
