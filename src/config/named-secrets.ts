import { resolve } from 'node:path';
import { z } from 'zod';
import type { ConfigProblem } from './config.js';
import { formatPath, type Path, type PlaceOf, problemAt } from './places.js';
import { readSecretFile } from './secret-files.js';

/** The keys that hold a secret, each in a block of this kind, and what it is. Beside each, KEY_file may name a file that has it. */
const secretKeys = [
  { in: 'configuration', key: 'store', noun: 'store' },
  { in: 'configuration', key: 'limits_store', noun: 'URL' },
  { in: 'application', key: 'api_key', noun: 'api_key' },
  { in: 'application', key: 'client_secret', noun: 'client secret' },
] as const;

/** A configuration with the secrets of the files that it names. */
export interface WithSecrets {
  /** With the keys that hold them, as if they had been written there. */
  readonly value: unknown;
  readonly problems: readonly ConfigProblem[];
  /** The path at which a value was written: that of KEY_file where KEY comes from there. */
  readonly writtenAt: (path: Path) => Path;
  /** Whether what is wrong with a value is said already, by a problem of the file that has to have it. */
  readonly isSaid: (path: Path) => boolean;
}

const isBlock = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const applicationsIn = (value: unknown) => z.object({ applications: z.array(z.unknown()) }).safeParse(value).data;

/** Reads the secrets that the configuration `value` leaves to files; relative paths start in `directory`. */
export function withSecrets(value: unknown, directory: string, placeOf: PlaceOf): WithSecrets {
  const problems: ConfigProblem[] = [];
  const files = new Map<string, Path>();
  const said = new Set<string>();
  const inBlock = (kind: (typeof secretKeys)[number]['in'], block: unknown, path: Path): unknown => {
    if (!isBlock(block)) return block;
    const given = new Map<string, unknown>(Object.entries(block));
    const read = new Map<string, unknown>();
    for (const { key, noun } of secretKeys.filter((each) => each.in === kind)) {
      const file = given.get(`${key}_file`);
      if (file === undefined) continue;
      const [at, atFile] = [
        [...path, key],
        [...path, `${key}_file`],
      ];
      if (given.get(key) !== undefined) {
        problems.push(problemAt(placeOf, atFile, `is given beside ${key}; keep one of the two`));
        continue;
      }
      files.set(formatPath(at), atFile);
      // Any other value is a problem of the schema.
      const found =
        typeof file === 'string' && file !== '' ? readSecretFile(resolve(directory, file), noun) : undefined;
      if (found?.problem !== undefined) problems.push(problemAt(placeOf, atFile, found.problem));
      if (found?.secret === undefined) said.add(formatPath(at));
      else read.set(key, found.secret);
    }
    return { ...block, ...Object.fromEntries(read) };
  };
  const filled = inBlock('configuration', value, []);
  const applications = applicationsIn(value)?.applications.map((each, index) =>
    inBlock('application', each, ['applications', index]),
  );
  return {
    value: isBlock(filled) && applications ? { ...filled, applications } : filled,
    problems,
    writtenAt: (path) => files.get(formatPath(path)) ?? path,
    isSaid: (path) => said.has(formatPath(path)),
  };
}
