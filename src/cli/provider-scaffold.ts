import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { providers } from '../providers/index.js';
import { codeOf } from '../shared/errors.js';
import { jestRange, version } from '../shared/version.js';

/** The provider of the examples is what a new one begins as. */
const examples = new URL('../../../examples/', import.meta.url);

/** What is the name of its files, where they have one, and in them. */
const NAME = 'my-service';
const TITLE = 'My Service';

/** Where the package has its schema for editors: seen from the examples, and from a folder in which it is installed. */
const SCHEMA = '../bridge.schema.json';
const INSTALLED_SCHEMA = 'node_modules/boxbridge/bridge.schema.json';

/** What is wrong with the name of a new provider; undefined where nothing is. */
export function nameProblem(name: string): string | undefined {
  if (!/^[a-z][a-z\d]*(-[a-z\d]+)*$/.test(name) || name.length > 40)
    return 'the name of a provider is of small letters and digits, with single dashes in between, such as my-service';
  if (providers.some((kind) => kind.name === name))
    return `${name} is a provider of the bridge; give yours another name`;
  return undefined;
}

/**
 * Makes a folder of this name, at this path, with a provider, its tests and a configuration; gives what to do with it. Throws an Error
 * with one line for the operator where it cannot.
 */
export async function makeProvider(name: string, path: string): Promise<string> {
  const sources = [`${NAME}.js`, `${NAME}.test.js`, 'bridge.yaml'];
  const texts = await Promise.all(sources.map((source) => readFile(new URL(source, examples), 'utf8')));
  const files = sources.map((source, n) => [renamed(source, name), renamed(texts[n] ?? '', name)] as const);
  await mkdir(path).catch((error: unknown) => {
    throw new Error(
      codeOf(error) === 'EEXIST'
        ? `${name} is there already; choose another name or folder`
        : `the folder ${name} cannot be made (${codeOf(error)}); go to a folder that is yours`,
    );
  });
  try {
    for (const [file, text] of [...files, ['package.json', manifest()] as const])
      await writeFile(join(path, file), text, { flag: 'wx' });
  } catch (error) {
    await rm(path, { recursive: true, force: true });
    throw new Error(`${name} cannot be written (${codeOf(error)}); make room, or go to a folder that is yours`);
  }
  return [
    `${name}/${name}.js is a provider for an API that does not exist: make it one for yours. Its rules, then a bridge with it:`,
    `  cd ${name} && npm install && npm test`,
    '  npx boxbridge serve --config bridge.yaml',
  ].join('\n');
}

function renamed(text: string, name: string): string {
  const title = name.replace(
    /(?:^|-)(\w)/g,
    (_part, letter: string, at: number) => (at > 0 ? ' ' : '') + letter.toUpperCase(),
  );
  return text.replace(SCHEMA, INSTALLED_SCHEMA).replaceAll(NAME, name).replaceAll(TITLE, title);
}

function manifest(): string {
  const content = {
    private: true,
    type: 'module',
    scripts: { test: 'node --experimental-vm-modules node_modules/jest/bin/jest.js' },
    devDependencies: { boxbridge: `^${version}`, jest: jestRange },
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}
