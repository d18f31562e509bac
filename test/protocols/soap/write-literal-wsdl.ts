import { readFileSync, writeFileSync } from 'node:fs';
import { literalWsdl } from './literal-wsdl.js';

const folder = new URL('../../../../wsdl/', import.meta.url);

writeFileSync(new URL('box-literal.wsdl', folder), literalWsdl(readFileSync(new URL('box.wsdl', folder), 'utf8')));
