import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configurationTable, withTable } from './configuration-table.js';

/** Writes the generated parts of the README anew: `npm run docs`. */
const readme = fileURLToPath(new URL('../../../README.md', import.meta.url));
writeFileSync(readme, withTable(readFileSync(readme, 'utf8'), configurationTable()));
