import { readFileSync } from 'node:fs';
import { isObject, textOf } from './json.js';
import { parseJson } from './json-parser.js';

const manifest = parseJson(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));

/** The version of this package. */
export const version = (isObject(manifest) && textOf(manifest.version)) || 'unknown';

const peers = isObject(manifest) && isObject(manifest.peerDependencies) ? manifest.peerDependencies : {};

/** The versions of jest that run the suite of providers. */
export const jestRange = textOf(peers.jest) ?? '*';
