import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { readConfig } from '../../src/config/load.js';
import { actionNames } from '../../src/core/actions.js';
import { providers } from '../../src/providers/index.js';
import { describeWith } from '../interop/requirements.js';
import { afterwards } from '../support/cleanup.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { startNode } from '../support/servers/process.js';
import { applicationKeys, configKeys, configurationTable, tableIn, withTable } from './configuration-table.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const readme = readFileSync(`${root}README.md`, 'utf8');
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(`${root}package.json`, 'utf8')));

/** The fenced blocks of a language. */
function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, text = '']) => text);
}

/** Each command after a `$`, and the output that the README shows for it. */
const commands = blocks('console').flatMap((block) =>
  block
    .split(/^\$ /m)
    .slice(1)
    .map((part) => ({ command: part.slice(0, part.indexOf('\n')), output: part.slice(part.indexOf('\n') + 1) })),
);

/** Runs a command in a shell at the root of the project, once each key in it is replaced by its value. */
async function run(command: string, replacements: Readonly<Record<string, string>> = {}): Promise<string> {
  const script = Object.entries(replacements).reduce((text, [key, value]) => text.replaceAll(key, value), command);
  const { stdout } = await promisify(execFile)('sh', ['-c', script], { cwd: root });
  return stdout.replaceAll('\r\n', '\n').trim();
}

const curl = { what: 'curl', debian: 'curl', probe: ['curl', '--version'] } as const;
const isCurl = ({ command }: { command: string }) => command.startsWith('curl ');

describeWith([curl], 'the calls of the README', () => {
  test('get the answers of the README, from npm start', async () => {
    const folder = await temporaryFolder();
    afterwards(folder.remove);
    const demo = startNode(folder.path, `${root}${scripts.start?.split(' ')[2]}`, 'serve', '--port', '0');
    const url = /http:\S+/.exec(await demo.line(/answers at/))?.[0] ?? '';
    const calls = commands.filter(isCurl);
    expect(calls.length).toBeGreaterThanOrEqual(3);
    for (const { command, output } of calls) {
      expect(await run(command, { 'http://127.0.0.1:8080': url, 'curl ': 'curl -s ' })).toBe(output.trim());
    }
  });
});

test.each(commands.filter((each) => !isCurl(each)))('$command prints what the README shows', async (shown) => {
  expect(await run(shown.command)).toBe(shown.output.trim());
});

test('the two commands are scripts of the package', () => {
  expect(readme).toContain('npm ci && npm start');
  expect(readme).toContain('npm ci && npm test');
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['build', 'start', 'test', 'lint']));
});

test('the configuration of the README is good', () => {
  const [yaml = ''] = blocks('yaml');
  expect(yaml.trimEnd().split('\n')).toHaveLength(9);
  expect(readConfig(yaml, { directory: root, actions: actionNames, providers })).toMatchObject({
    applications: [{ provider: 'seatable', defaults: { maxUploadSize: 104857600n } }],
  });
});

test('the table of the configuration is current, and says something of every key', () => {
  expect(tableIn(readme)).toBe(configurationTable());
  const rows = [...configKeys(), ...applicationKeys()];
  expect(rows.filter(({ description }) => description === '')).toEqual([]);
  expect(rows.map(({ key }) => key)).toEqual(expect.arrayContaining(['limits.xml_depth', 'account_id']));
});

test('the table of the configuration replaces the one in a document, and nothing else', () => {
  const document = `before\n<!-- configuration: written by npm run docs -->\nold\n<!-- end of the configuration -->\nafter\n`;
  expect(tableIn(document)).toBe('old\n');
  expect(withTable(document, "new $' \n")).toBe(document.replace('old\n', () => "new $' \n"));
  expect(tableIn('no table')).toBeUndefined();
});

test('the README names every key of the configuration', () => {
  const full = readFileSync(`${root}test/fixtures/config/full.yaml`, 'utf8').replace(/ *#.*/g, '');
  const keys = [...full.matchAll(/([a-z_]+):(?= |$)/gm)].map(([, key = '']) => key);
  const named = new Set(readme.match(/[a-z_]+/g));
  expect([...new Set(keys)].filter((key) => !named.has(key))).toEqual([]);
});
