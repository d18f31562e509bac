import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startNodeIn } from '../support/servers/process.js';
import type { Block } from './pages.js';
import { root } from './programs.js';

/** A folder in which the blocks of a page are pasted, one after the other. */
export interface Terminal {
  /** Runs a block of commands and gives their output, or writes one that is a file. Rejects where a command fails. */
  readonly paste: (block: Block) => Promise<string>;
}

/** What a program in the background says when it answers. */
const READY = /http:\/\/\S+/;

export interface TerminalOptions {
  readonly folder: string;
  /** Names of the pages, such as the host of a modern API, and what stands for them. */
  readonly names: Readonly<Record<string, string>>;
  /** What `boxbridge` runs; the program of this project unless given. */
  readonly program?: string;
}

/**
 * A terminal in a folder. In what is pasted each name is replaced; a port of the pages is a free one.
 */
export async function openTerminal({
  folder,
  names,
  program = join(root, 'dist/src/cli.js'),
}: TerminalOptions): Promise<Terminal> {
  const bin = join(folder, '.bin');
  await mkdir(bin);
  await writeFile(join(bin, 'boxbridge'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  await chmod(join(bin, 'boxbridge'), 0o755);
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  const ports = Object.fromEntries(
    await Promise.all(
      ['8080', '9100', '9464'].map(async (port) => [`127.0.0.1:${port}`, await freeAddress()] as const),
    ),
  );
  const replaced = (text: string) =>
    Object.entries({ ...names, ...ports })
      .reduce((changed, [name, value]) => changed.replaceAll(name, value), text)
      .replace(/--port (\d+)/g, (whole, port) => {
        const address = ports[`127.0.0.1:${port}`];
        return address === undefined ? whole : `--port ${portOf(address)}`;
      });

  /** Of a line that leaves its program in the background: runs it until the end of the test. */
  const start = async (line: string) => {
    const words = line.replace(/ *&$/, '').split(' ');
    if (words[0] !== 'boxbridge') throw new Error(`only boxbridge runs in the background: ${line}`);
    const port = words[1] === 'serve' ? ['--port', portOf(ports['127.0.0.1:8080'])] : [];
    await startNodeIn({ cwd: folder, env: { PATH: env.PATH } }, program, ...words.slice(1), ...port).line(READY);
  };
  const run = async (lines: readonly string[]) => {
    if (lines.length === 0) return '';
    const script = ['set -eu', ...lines].join('\n');
    return (await promisify(execFile)('bash', ['--norc', '-c', script], { cwd: folder, env })).stdout;
  };
  const pasteCommands = async (text: string) => {
    let waiting: string[] = [];
    for (const line of text.replaceAll(/ *\\\n */g, ' ').split('\n')) {
      const [command = ''] = line.split(/ +# /);
      if (!command.endsWith(' &')) waiting.push(line);
      else {
        await run(waiting);
        waiting = [];
        await start(command);
      }
    }
    return run(waiting);
  };

  return {
    paste: async ({ language, text }) => {
      const name = /^# (\S+\.yaml)\n/.exec(text)?.[1];
      if (language === 'sh') return pasteCommands(replaced(text));
      if (language === 'yaml' && name !== undefined) await writeFile(join(folder, name), replaced(text));
      return '';
    },
  };
}

const portOf = (address = '') => address.split(':')[1] ?? '';

async function freeAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('a server listens at a port');
  return `127.0.0.1:${address.port}`;
}
