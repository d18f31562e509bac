import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { kept } from '../support/kept.js';
import { root, textOf } from './files.js';
import { buildImage, type Instruction, instructionsOf } from './image.js';

/**
 * The stage `pack` of the image, of which only the package is there, as `packageIn` says. It is made once of the same
 * sources, for whichever suite asks first; the others wait for it.
 */
export async function packStage(): Promise<string> {
  const instructions = instructionsOf(textOf('Dockerfile'));
  const next = instructions.findIndex(({ name, value }) => name === 'FROM' && !value.endsWith(' AS pack'));
  const stage = instructions.slice(0, next);
  const endTurn = await turn();
  try {
    return await kept('package', [process.version, stage, digestOfSources(stage)], (draft) => make(stage, draft));
  } finally {
    endTurn();
  }
}

/** Where the package is in a stage that has packed it. */
export function packageIn(stage: string): string {
  return join(stage, 'pack/boxbridge.tgz');
}

async function make(stage: readonly Instruction[], draft: string): Promise<void> {
  const place = await mkdtemp(join(tmpdir(), 'boxbridge-pack-'));
  try {
    const { folder } = await buildImage(stage, { place, context: root });
    await mkdir(dirname(packageIn(draft)));
    await copyFile(packageIn(folder), packageIn(draft));
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** Of all that a package is made of. */
function digestOfSources(stage: readonly Instruction[]): string {
  const hash = createHash('sha256');
  const sources = stage.filter(({ name }) => name === 'COPY').flatMap(({ value }) => value.split(' ').slice(0, -1));
  for (const source of sources) {
    const names = statSync(join(root, source)).isDirectory()
      ? readdirSync(join(root, source), { recursive: true, encoding: 'utf8' }).sort()
      : ['.'];
    for (const path of names.map((name) => join(root, source, name))) {
      if (statSync(path).isFile()) hash.update(`${path}\n`).update(readFileSync(path));
    }
  }
  return hash.digest('hex');
}

/** Resolves with what ends it when no process has a turn. It ends with its process, too. */
async function turn(): Promise<() => void> {
  // Relative, since the name of a socket is short.
  const path = relative('.', join(root, 'dist/pack-turn'));
  for (;;) {
    const server = createServer((socket) => socket.on('error', () => {}).unref()).unref();
    const ended = new AbortController();
    server.on('connection', (socket) => ended.signal.addEventListener('abort', () => socket.destroy()));
    const isOurs = await once(server.listen(path), 'listening').then(
      () => true,
      () => false,
    );
    if (isOurs) {
      return () => {
        server.close();
        ended.abort();
      };
    }
    await turnOfOther(path);
  }
}

/** Resolves when the process that listens there no longer does. */
async function turnOfOther(path: string): Promise<void> {
  const socket = connect(path).resume();
  try {
    await once(socket, 'connect');
  } catch {
    // Its process has left it behind, or ends its turn just now.
    return rm(path, { force: true });
  }
  await once(socket, 'close').catch(() => {});
}
