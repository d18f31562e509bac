import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';

/** An instruction of a Dockerfile. */
export interface Instruction {
  readonly name: string;
  readonly value: string;
}

/** The instructions of a Dockerfile, without its comments. */
export function instructionsOf(dockerfile: string): Instruction[] {
  const lines = dockerfile
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n');
  return lines.filter(Boolean).map((line) => {
    const [, name = '', value = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    return { name, value };
  });
}

/** What a container is started from: its files, in a folder in place of /, and what it runs. */
export interface Image {
  readonly folder: string;
  readonly workingDirectory: string;
  /** The words of the last instruction of this name, a list in JSON. */
  readonly wordsOf: (name: string) => string[];
  /** A path in the image, as it is on this machine. */
  readonly pathOf: (path: string) => string;
}

interface BuildOptions {
  readonly place: string;
  readonly context: string;
  /** Folders of stages that are made already, by their names. */
  readonly made?: Readonly<Record<string, string>>;
}

/**
 * Does in folders below `place` what a build does, with this machine's Node.js in place of the base image, and with links to
 * the modules of this project where `npm ci` would install the same ones.
 */
export async function buildImage(
  instructions: readonly Instruction[],
  { place, context, made = {} }: BuildOptions,
): Promise<Image> {
  const stages = new Map<string, string>();
  let folder = '';
  let workingDirectory = '/';
  let isMade = false;
  const pathOf = (path: string) => join(folder, isAbsolute(path) ? path : join(workingDirectory, path));
  for (const { name, value } of instructions) {
    if (name === 'FROM') {
      const stage = / AS (\S+)$/.exec(value)?.[1] ?? '';
      isMade = stage in made;
      folder = made[stage] ?? join(place, String(stages.size));
      stages.set(stage, folder);
      workingDirectory = '/';
      if (isMade) continue;
      for (const name of ['usr/local/bin', 'tmp']) await mkdir(join(folder, name), { recursive: true });
    } else if (isMade) {
      // Nothing of it is done again.
    } else if (name === 'WORKDIR') {
      workingDirectory = value;
      await mkdir(pathOf(value), { recursive: true });
    } else if (name === 'COPY') {
      const [, from, list = ''] = /^(?:--from=(\S+) )?(.*)$/.exec(value) ?? [];
      const sources = list.split(' ');
      const target = sources.pop() ?? '';
      for (const source of sources) {
        const isInto = target.endsWith('/');
        const origin = join(from === undefined ? context : (stages.get(from) ?? ''), source);
        await cp(origin, isInto ? join(pathOf(target), source.split('/').at(-1) ?? '') : pathOf(target), {
          recursive: true,
          verbatimSymlinks: true,
        });
      }
    } else if (name === 'RUN' && value.startsWith('npm ci ')) {
      await linkModules(context, pathOf('node_modules'), value.includes('--omit=dev'));
    } else if (name === 'RUN') {
      // Nobody but root may give files away.
      const command = value.replace(/ -o 10001 -g 10001/, '').replace(/(?<= )(?=\/[a-z])/g, folder);
      await promisify(execFile)('/bin/sh', ['-c', `set -e; ${command}`], { cwd: pathOf('.') });
    }
  }
  const wordsOf = (name: string) => {
    const { value = '' } = instructions.findLast((instruction) => instruction.name === name) ?? {};
    const words: string[] = JSON.parse(value.slice(value.indexOf('[')));
    return words;
  };
  return { folder, workingDirectory, wordsOf, pathOf };
}

async function linkModules(context: string, target: string, isProduction: boolean): Promise<void> {
  if (!isProduction) return symlink(join(context, 'node_modules'), target);
  const { packages }: { packages: Readonly<Record<string, { dev?: true }>> } = JSON.parse(
    await readFile(join(context, 'package-lock.json'), 'utf8'),
  );
  for (const [path, { dev }] of Object.entries(packages)) {
    // One within another comes with it.
    if (dev || path === '' || path.lastIndexOf('node_modules/') > 0) continue;
    const link = join(target, '..', path);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(context, path), link);
  }
}
