import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { root, textOf } from './files.js';
import { buildImage, type Instruction, instructionsOf } from './image.js';

const kept = join(root, 'dist/.pack');

/**
 * The stage `pack` of the image, of which only the package is there, as `packageIn` says. It is made once of the same
 * sources, for whichever suite asks first; the others wait for it.
 */
export async function packStage(): Promise<string> {
  const instructions = instructionsOf(textOf('Dockerfile'));
  const next = instructions.findIndex(({ name, value }) => name === 'FROM' && !value.endsWith(' AS pack'));
  const stage = instructions.slice(0, next);
  const folder = join(kept, fingerprintOf(stage));
  if (existsSync(packageIn(folder))) return folder;
  await mkdir(join(folder, 'pack'), { recursive: true });
  const endTurn = await turn();
  try {
    if (!existsSync(packageIn(folder))) await make(stage, packageIn(folder));
  } finally {
    endTurn();
  }
  return folder;
}

/** Where the package is in a stage that has packed it. */
export function packageIn(stage: string): string {
  return join(stage, 'pack/boxbridge.tgz');
}

async function make(stage: readonly Instruction[], target: string): Promise<void> {
  const place = await mkdtemp(join(tmpdir(), 'boxbridge-pack-'));
  try {
    const { folder } = await buildImage(stage, { place, context: root });
    const unnamed = `${target}.${process.pid}`;
    await copyFile(packageIn(folder), unnamed);
    await rename(unnamed, target);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** Of all that a package is made of and with. */
function fingerprintOf(stage: readonly Instruction[]): string {
  const hash = createHash('sha256').update(JSON.stringify([process.version, stage]));
  const sources = stage.filter(({ name }) => name === 'COPY').flatMap(({ value }) => value.split(' ').slice(0, -1));
  for (const source of sources) {
    const names = statSync(join(root, source)).isDirectory()
      ? readdirSync(join(root, source), { recursive: true, encoding: 'utf8' }).sort()
      : ['.'];
    for (const path of names.map((name) => join(root, source, name))) {
      if (statSync(path).isFile()) hash.update(`${path}\n`).update(readFileSync(path));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/** Resolves with what ends it when no process has a turn. It ends with its process, too. */
async function turn(): Promise<() => void> {
  // Relative, since the name of a socket is short.
  const path = relative('.', join(kept, 'turn'));
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
