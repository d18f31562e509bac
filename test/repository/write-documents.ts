import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { schemaForEditors } from './configuration-table.js';
import { generatedParts } from './generated-parts.js';
import { withPart } from './parts.js';
import { root } from './programs.js';

/** Writes the generated parts of the documents, and the schema for editors, anew: `npm run docs`. */
for (const { file, name, text } of await generatedParts()) {
  const path = join(root, file);
  writeFileSync(path, withPart(readFileSync(path, 'utf8'), name, text));
}
writeFileSync(join(root, 'bridge.schema.json'), schemaForEditors());
