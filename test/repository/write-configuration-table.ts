import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configurationTable, schemaForEditors, withTable } from './configuration-table.js';

/** Writes the generated parts of the README, and the schema for editors, anew: `npm run docs`. */
const readme = fileURLToPath(new URL('../../../README.md', import.meta.url));
writeFileSync(readme, withTable(readFileSync(readme, 'utf8'), configurationTable()));

const schema = fileURLToPath(new URL('../../../bridge.schema.json', import.meta.url));
writeFileSync(schema, schemaForEditors());
