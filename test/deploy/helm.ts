import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { type parse, parseAllDocuments } from 'yaml';
import type { Requirement } from '../interop/requirements.js';
import { pathIn } from './files.js';

export const helm: Requirement = {
  what: 'Helm 4',
  debian: 'none has it; .ci/run installs it',
  probe: ['helm', 'version', '--short'],
  output: /^v[4-9]/,
};

/** The name of every release. */
export const RELEASE = 'prod';

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Helm on the chart, with an example's values, if any, under these. */
export async function runHelm(words: readonly string[], values: object, example?: string): Promise<Said> {
  const files = example === undefined ? [] : ['--values', pathIn('helm/examples', `${example}.yaml`)];
  const child = spawn('helm', [...words, pathIn('helm'), ...files, '--values', '-'], {
    env: { PATH: process.env.PATH, HOME: '/nonexistent' },
  });
  child.stdin.on('error', () => {}).end(JSON.stringify(values));
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, stdout, stderr };
}

/** A resource of Kubernetes: what it has follows from its kind. */
export type Resource = ReturnType<typeof parse>;

const known = new Map<string, Promise<Resource[]>>();

/** The resources that the chart makes of values. Throws an Error with what Helm says where it makes none. */
export function rendered(values: object = {}, example?: string, release: string = RELEASE): Promise<Resource[]> {
  const key = JSON.stringify([values, example, release]);
  const resources = known.get(key) ?? render(values, example, release);
  known.set(key, resources);
  return resources;
}

async function render(values: object, example: string | undefined, release: string): Promise<Resource[]> {
  const { code, stdout, stderr } = await runHelm(['template', release], values, example);
  if (code !== 0) throw new Error(stderr);
  return resourcesIn(stdout);
}

/** The resources that Helm has printed, as Kubernetes reads them. Throws an Error for what is not YAML. */
export function resourcesIn(manifests: string): Resource[] {
  // In 1.1 `y`, `no` and `on` are booleans, too.
  return parseAllDocuments(manifests, { version: '1.1' }).map((document) => {
    // Duplicate keys, too.
    if (document.errors.length + document.warnings.length > 0)
      throw new Error(`${document.errors}${document.warnings}`);
    return document.toJS();
  });
}

/** The one resource of a kind, and of a name where there are several. Throws where there is not exactly one. */
export function the(kind: string, resources: readonly Resource[], name?: string): Resource {
  const found = resources.filter((each) => each.kind === kind && (name ?? each.metadata.name) === each.metadata.name);
  const [only, ...others] = found;
  if (!only || others.length > 0) throw new Error(`${found.length} ${kind} ${name ?? ''}`);
  return only;
}
