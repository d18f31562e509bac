import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { codeOf } from '../shared/errors.js';
import { ConfigError } from './config.js';

/** A configuration as it was read. */
export interface ConfigText {
  readonly text: string;
  /** Where its relative paths start. */
  readonly directory: string;
}

/** A thousand times what a large configuration has. */
const MAX_BYTES = 8 * 2 ** 20;

/** Reads a configuration file; `name` is for the operator, relative paths start in its folder. Throws ConfigError. */
export function readConfigFile(file: string, name = file): Promise<ConfigText> {
  return readConfigStream(createReadStream(file), name, dirname(resolve(file)));
}

/** Reads a configuration from a stream; `name` is for the operator. Throws ConfigError. */
export async function readConfigStream(
  stream: AsyncIterable<Buffer>,
  name: string,
  directory: string,
): Promise<ConfigText> {
  const unusable = (why: string) => new ConfigError([{ line: 0, column: 0, path: '', message: `${name} ${why}` }]);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream) {
      size += chunk.length;
      if (size > MAX_BYTES) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw unusable(
      codeOf(error) === 'ENOENT'
        ? 'does not exist; name an existing configuration file'
        : `cannot be read (${codeOf(error)}); name a file that this user may read`,
    );
  }
  if (size > MAX_BYTES) throw unusable('is larger than 8 MiB, which no configuration is; name a configuration file');
  const bytes = Buffer.concat(chunks);
  if (!isUtf8(bytes)) throw unusable('is not UTF-8 text; save it as UTF-8');
  return { text: bytes.toString('utf8'), directory };
}
