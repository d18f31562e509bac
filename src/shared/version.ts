import { readFileSync } from 'node:fs';
import { isObject, parseJson, textOf } from './json.js';

const manifest = parseJson(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));

/** The version of this package. */
export const version = (isObject(manifest) && textOf(manifest.version)) || 'unknown';
