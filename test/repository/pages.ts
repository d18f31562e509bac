import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './programs.js';

/** A fenced block of a page. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** Why no test runs it: `<!-- not run: … -->` in front of it. */
  readonly notRun: string | undefined;
}

export interface Page {
  /** Below the root of the project. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

const FENCE = /(?:^<!-- not run: (.*) -->\n)?^```(\w*)\n(.*?)^```$/gms;

function pageAt(path: string): Page {
  const text = readFileSync(join(root, path), 'utf8');
  const blocks = [...text.matchAll(FENCE)].map(([, notRun, language = '', content = '']) => ({
    language,
    text: content,
    notRun,
  }));
  return { path, text, blocks };
}

/** The pages for users: the README, and those of `docs/` but for the decisions. */
export function userPages(): Page[] {
  const names = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.startsWith('decisions'))
    .sort();
  return ['README.md', ...names.map((name) => `docs/${name}`)].map(pageAt);
}

/** Each command after a `$` of a block, and the output that the page shows for it. */
export function shownCommands({ text }: Block): { readonly command: string; readonly output: string }[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => ({ command: part.slice(0, part.indexOf('\n')), output: part.slice(part.indexOf('\n') + 1).trim() }));
}
