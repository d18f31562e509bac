import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { validate } from 'dockerfile-utils';
import { parse, parseAllDocuments } from 'yaml';
import { loadConfig, readConfig } from '../../src/config/load.js';
import { actionNames } from '../../src/core/actions.js';
import { providers } from '../../src/providers/index.js';
import { describeWith } from '../interop/requirements.js';
import { afterwards } from '../support/cleanup.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { adapted, pathIn, root, textOf } from './files.js';

const run = promisify(execFile);
const names = readdirSync(pathIn(), { recursive: true, encoding: 'utf8' });
const known = { actions: actionNames, providers };

// The templates of the chart become YAML when they are rendered.
test.each(names.filter((name) => name.endsWith('.yaml') && !name.startsWith('helm/templates')))(
  '%s is YAML',
  (name) => {
    for (const { errors, warnings } of parseAllDocuments(textOf(name))) {
      expect({ errors, warnings }).toEqual({ errors: [], warnings: [] });
    }
  },
);

/** How long each way of running the bridge waits between SIGTERM and SIGKILL, in milliseconds. */
const graces: Readonly<Record<string, () => number>> = {
  compose: () => Number.parseInt(parse(textOf('compose/compose.yaml')).services.bridge.stop_grace_period, 10) * 1000,
  systemd: () => Number(/^TimeoutStopSec=(\d+)$/m.exec(textOf('systemd/boxbridge.service'))?.[1]) * 1000,
};

test.each(names.filter((name) => name.endsWith('bridge.yaml')))('%s is a configuration', async (name) => {
  const { admin, publicUrl, trustProxy, limits } = await loadConfig(pathIn(name), known);
  expect(publicUrl).toMatch(/^https:/);
  expect(trustProxy).toHaveLength(1);
  expect(admin?.port).toBe(9464);
  expect(graces[name.split('/')[0] ?? '']?.()).toBeGreaterThan(limits.shutdownMs);
});

describe('the Dockerfile', () => {
  const text = textOf('Dockerfile');

  test('has no mistake that a checker of Dockerfiles knows', () => {
    expect(validate(text)).toEqual([]);
    expect(validate(`${text}ENTRYPOIN []\n`)).not.toEqual([]);
  });

  test('copies what exists and is not ignored', () => {
    const sources = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, list = '']) => list.split(' '));
    expect(sources).toContain('src');
    const kept = [...textOf('Dockerfile.dockerignore').matchAll(/^!(.+)$/gm)].map(([, name = '']) => name);
    expect(kept.sort()).toEqual([...new Set(sources)].sort());
    expect(sources.filter((name) => !existsSync(join(root, name)))).toEqual([]);
  });

  test('runs the program of the package, as nobody that has a name', () => {
    const { bin, version } = parse(textOf('../package.json'));
    expect(text).toContain(`ENTRYPOINT ["node", "/app/${bin.boxbridge}"]`);
    expect(text).toMatch(/^USER 10001:10001$/m);
    expect(text).toContain(`ARG VERSION=${version}`);
  });
});

describe('compose.yaml', () => {
  const { services, networks } = parse(textOf('compose/compose.yaml'), { merge: true });

  test('shows the proxy alone to the world, and the bridge alone to the modern APIs', () => {
    const published = Object.keys(services).filter((name) => services[name].ports);
    expect(published).toEqual(['proxy']);
    expect(services.bridge.networks).toContain('out');
    expect(services.postgres.networks.every((name: string) => networks[name].internal)).toBe(true);
  });

  test.each(Object.keys(services))('gives %s no right that it does not need', (name) => {
    const { read_only, cap_drop, security_opt, environment = {}, healthcheck } = services[name];
    expect({ read_only, cap_drop }).toEqual({ read_only: true, cap_drop: ['ALL'] });
    expect(security_opt).toContain('no-new-privileges:true');
    expect(healthcheck.test[0]).toBe('CMD');
    expect(Object.keys(environment).filter((variable) => /PASS|KEY/.test(variable))).toEqual([]);
  });

  test('trusts the network of the proxy', () => {
    const config = readConfig(textOf('compose/bridge.yaml'), { ...known, directory: '/' });
    expect(config.trustProxy).toEqual([networks.front.ipam.config[0].subnet]);
  });
});

const compose = { what: 'Docker Compose', debian: 'docker-compose', probe: ['docker-compose', 'version'] } as const;

describeWith([compose], 'Docker Compose', () => {
  test('takes compose.yaml', async () => {
    const folder = await temporaryFolder();
    afterwards(folder.remove);
    const copy = join(folder.path, 'compose.yaml');
    await copyFile(pathIn('compose/compose.yaml'), copy);
    await mkdir(join(folder.path, 'secrets'));
    await writeFile(join(folder.path, 'secrets/bridge.env'), 'PGPASSWORD=a');
    await writeFile(join(folder.path, 'secrets/postgres.env'), 'POSTGRES_PASSWORD=a');
    await run('docker-compose', ['-f', copy, 'config', '-q']);
    await writeFile(copy, adapted(textOf('compose/compose.yaml'), [['depends_on', 'dependson']]));
    await expect(run('docker-compose', ['-f', copy, 'config', '-q'])).rejects.toThrow('dependson');
  });
});

const systemd = {
  what: 'systemd-analyze, of systemd 252 or newer',
  debian: 'systemd',
  probe: ['systemd-analyze', '--version'],
  output: /^systemd (25[2-9]|2[6-9]\d|[3-9]\d\d)/,
} as const;

test('a relative path in the configuration of boxbridge.service leads to what outlasts it', () => {
  const configurations = [...textOf('systemd/boxbridge.service').matchAll(/(?:--config|0444 \S+) \$\{(\w+)\}/g)];
  expect(configurations.map(([, folder]) => folder)).toEqual(Array(5).fill('STATE_DIRECTORY'));
});

describeWith([systemd], 'systemd', () => {
  test.each([
    ['verify'],
    // From 0, nothing is open, to 100.
    ['security', '--offline=true', '--threshold=20', '--no-pager'],
  ])('is content with boxbridge.service: %s', async (...words) => {
    const folder = await temporaryFolder();
    afterwards(folder.remove);
    const unit = join(folder.path, 'boxbridge.service');
    const text = adapted(textOf('systemd/boxbridge.service'), [
      [/=boxbridge /g, `=${process.execPath} ${root}dist/src/cli.js `],
    ]);
    await writeFile(unit, text);
    const { stderr } = await run('systemd-analyze', [...words, unit]);
    expect(stderr).toBe('');
    await writeFile(
      unit,
      adapted(text, [[/^(NoNew|Protect|Private|Restrict|SystemCall|DynamicUser).*$/gm, 'Nonsense=1']]),
    );
    const worse = run('systemd-analyze', [...words, unit]).then(({ stderr: said }) => said);
    if (words[0] === 'verify') expect(await worse).toContain('Nonsense');
    else await expect(worse).rejects.toThrow();
  });
});
