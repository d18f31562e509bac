import { lstat, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PROGRAM_TIMEOUT_MS } from '../repository/programs.js';
import { problemsIn } from '../support/problems.js';
import { type Child, startNodeIn } from '../support/servers/process.js';
import { urlIn } from '../support/servers/served.js';
import { root, textOf } from './files.js';
import { buildImage, type Image, instructionsOf } from './image.js';
import { packageIn, packStage } from './pack.js';

describe('the image, built without Docker', () => {
  let place: string;
  let pack: string;
  let image: Image;
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'boxbridge-image-'));
    pack = await packStage();
    image = await buildImage(instructionsOf(textOf('Dockerfile')), { place, context: root, made: { pack } });
  }, PROGRAM_TIMEOUT_MS);
  afterAll(() => rm(place, { recursive: true, force: true }));

  /** Starts what the image runs, as `docker run IMAGE WORDS`: on a free port, since others listen here too. */
  const run = (words: readonly string[]): Child => {
    const [node, program = ''] = image.wordsOf('ENTRYPOINT');
    expect(node).toBe('node');
    return startNodeIn({ cwd: image.pathOf(image.workingDirectory) }, image.pathOf(program), ...words, '--port', '0');
  };
  /** Runs its HEALTHCHECK, of which `boxbridge` is the program in its PATH. */
  const health = (...words: readonly string[]) => {
    const [program = '', ...rest] = image.wordsOf('HEALTHCHECK');
    const path = image.pathOf(join('/usr/local/bin', program));
    return startNodeIn({ cwd: image.pathOf(image.workingDirectory) }, path, ...rest, ...words).end;
  };
  const stop = async (child: Child) => {
    child.kill('SIGTERM');
    const { code, stderr } = await child.end;
    expect([code, problemsIn(stderr)]).toEqual([0, []]);
  };

  test('is what npm pack takes along, with the dependencies that run', async () => {
    const { files, dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    expect(files).toContain('console');
    expect((await readdir(image.pathOf('/app'))).sort()).toEqual(
      [
        ...['LICENSE', 'README.md', 'package.json', 'sbom.cdx.json', 'node_modules'],
        ...new Set(files.map((name: string) => name.split('/')[0])),
      ].sort(),
    );
    const installed = await readdir(image.pathOf('/app/node_modules'));
    for (const name of Object.keys(dependencies)) expect(installed).toContain(name.split('/')[0]);
    expect(installed).not.toContain('jest');
    expect((await stat(image.pathOf('/usr/local/bin/boxbridge'))).mode & 0o111).toBe(0o111);
    expect((await lstat(image.pathOf('/data'))).mode & 0o777).toBe(0o700);
  });

  test('has programs without source maps and comments, and declarations with them', async () => {
    const program = await readFile(image.pathOf('/app/dist/src/providers/provider.js'), 'utf8');
    const pipeline = await readFile(image.pathOf('/app/dist/src/bridge/pipeline.js'), 'utf8');
    expect(program + pipeline).not.toMatch(/sourceMappingURL|\/\*\*/);
    const names = await readdir(image.pathOf('/app/dist'), { recursive: true });
    expect(names.filter((name) => name.endsWith('.map'))).toEqual([]);
    expect(await readFile(image.pathOf('/app/dist/src/providers/provider.d.ts'), 'utf8')).toContain('/** ');
  });

  test('is packed into less than 295 kB', async () => {
    expect((await stat(packageIn(pack))).size).toBeLessThan(295_000);
  });

  test('answers at the address that its health is asked at', async () => {
    const [serve, ...words] = image.wordsOf('CMD');
    expect([serve, ...words]).toEqual(['serve', '--host', '0.0.0.0']);
    const bridge = run([serve ?? '', ...words]);
    const url = urlIn(await bridge.line(/answers at/));
    expect(url).toMatch(/^http:\/\/0\.0\.0\.0:\d+$/);
    const { port } = new URL(url);
    expect(await health('--port', port)).toEqual({
      code: 0,
      signal: null,
      stdout: `http://127.0.0.1:${port}/healthz answers\n`,
      stderr: '',
    });
    await stop(bridge);
    const stderr = `boxbridge: http://127.0.0.1:${port}/healthz does not answer (ECONNREFUSED); start the bridge, or name its --config or --port\n`;
    expect(await health('--port', port)).toMatchObject({ code: 1, stdout: '', stderr });
  });

  test('asks for its health where its configuration says', async () => {
    const file = join(image.pathOf(image.workingDirectory), 'bridge.yaml');
    const yaml = (port: string) =>
      `listen: { host: '::', port: ${port} }\napplications: [{ api_key: k, provider: golem, base_url: 'http://127.0.0.1:1' }]\n`;
    await writeFile(file, yaml('0'));
    const [serve = '', ...words] = image.wordsOf('CMD');
    const bridge = run([serve, '--config', 'bridge.yaml', ...words]);
    const { port } = new URL(urlIn(await bridge.line(/answers at/)));
    await writeFile(file, yaml(port).replace("'::'", '0.0.0.0'));
    expect(await health('--config', 'bridge.yaml')).toMatchObject({
      code: 0,
      stdout: `http://127.0.0.1:${port}/healthz answers\n`,
    });
    await stop(bridge);
    await rm(file);
  });

  test('has a bill of its materials that is valid and whole', async () => {
    const text = await readFile(image.pathOf('/app/sbom.cdx.json'), 'utf8');
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot5);
    expect(await validator.validate(text)).toBeNull();
    expect(await validator.validate(text.replace('"bomFormat"', '"format"'))).not.toBeNull();
    const { metadata, components } = JSON.parse(text);
    const { name, version, dependencies } = createRequire(import.meta.url)(join(root, 'package.json'));
    expect(metadata.component).toMatchObject({
      name,
      version,
      type: 'application',
      purl: `pkg:npm/${name}@${version}`,
    });
    const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'));
    const needed = Object.entries<{ dev?: true; optional?: true; peer?: true; version: string }>(lock.packages)
      .filter(([path, { dev, optional, peer }]) => path !== '' && !dev && !optional && !peer)
      .map(([path, entry]) => `${path.replace(/^.*node_modules\//, '')}@${entry.version}`);
    const listed = components.map((each: { name: string; version: string }) => `${each.name}@${each.version}`);
    expect(needed.filter((each) => !listed.includes(each))).toEqual([]);
    expect(needed.length).toBeGreaterThan(Object.keys(dependencies).length);
    expect(listed.filter((each: string) => /^(jest|typescript)@/.test(each))).toEqual([]);
  });
});
