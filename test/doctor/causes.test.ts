import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Config } from '../../src/config/config.js';
import { parseConfig } from '../../src/config/load.js';
import { actionNames } from '../../src/core/actions.js';
import { type Diagnosis, diagnose } from '../../src/doctor/diagnosis.js';
import { examine, inTurn } from '../../src/doctor/examine.js';
import { requestsIn } from '../../src/doctor/requests.js';
import { providers } from '../../src/providers/index.js';
import { mistakenConfiguration, mistakes, TOKEN } from '../support/cases/mistakes.js';
import { wireBytes, wireCases, wireFile } from '../support/cases/wire.js';
import { bodies, formats } from '../support/clients/legacy.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { always, type ModernApis, startModernApis } from '../support/servers/modern-apis.js';
import { type SelfSigned, startSelfSigned } from '../support/servers/self-signed.js';
import { startUpstream, type Upstream } from '../support/servers/upstream.js';

/** What doctor says is why: the same as the log. */

const configurationOf = (value: unknown, directory: string) =>
  parseConfig(value, { directory, actions: actionNames, providers });

/** The diagnoses of the requests in files, each by its name. */
async function diagnosed(files: readonly (readonly [string, Buffer])[], config: Config, isLive = false) {
  const requests = files.flatMap(([name, bytes]) => requestsIn(bytes, name).requests);
  const performed = await examine(inTurn(requests), { config, runtime: {}, isLive });
  return new Map(performed.map((each) => [each.request.name, diagnose(each, { config, isLive })]));
}

describe.each([
  ['hostile', 'reply.json'],
  ['old-clients', 'call.json'],
])('of the folders %s', (folder, data) => {
  const examples = wireCases(folder, 'request.http', data);
  let diagnoses: ReadonlyMap<string, readonly Diagnosis[]>;
  const causeOf = (name: string): string | undefined => JSON.parse(wireFile(`${folder}/${name}/${data}`)).cause;

  beforeAll(async () => {
    const { path, remove } = await temporaryFolder();
    const vault = (api_key: string) => ({
      ...{ api_key, provider: 'previsto', base_url: 'https://api.previsto.io', credentials: 'vault' },
    });
    const config = configurationOf({ applications: [vault('rrc1d3ntb53tt6b2vhail6rdtrsxov3v'), vault('k')] }, path);
    // Each on its own where one signs out; what is refused does not.
    const files = examples.map((name) => [name, wireBytes(`${folder}/${name}/request.http`)] as const);
    const signOut = files.filter(([name, bytes]) => bytes.includes('logout') && causeOf(name) === undefined);
    const together = await diagnosed(
      files.filter((file) => !signOut.includes(file)),
      config,
    );
    const alone: (readonly [string, readonly Diagnosis[]])[] = [];
    for (const file of signOut) alone.push(...(await diagnosed([file], config)));
    diagnoses = new Map([...together, ...alone]);
    await remove();
  });

  test.each(examples)('%s', (name) => {
    const cause = causeOf(name);
    const found = diagnoses.get(name) ?? [];
    expect(found.map(({ exchange, isAnswered }) => [exchange?.cause, isAnswered])).toEqual([
      [cause, cause === undefined],
    ]);
    const advice = found.flatMap((each) => each.advice);
    if (cause === undefined) expect(advice).toEqual([]);
    else expect(advice).toEqual([expect.not.stringContaining('compare the call with docs/statuses.md')]);
  });
});

describe.each(formats)('of a mistake in %s', (format) => {
  let apis: ModernApis;
  let refusing: Upstream;
  let selfSigned: SelfSigned;
  let diagnoses: ReadonlyMap<string, readonly Diagnosis[]>;

  beforeAll(async () => {
    apis = await startModernApis();
    refusing = await startUpstream(always(403, { type: 'forbidden', message: `Not with\u0007 the key ${TOKEN}` }));
    selfSigned = await startSelfSigned();
    const { path, remove } = await temporaryFolder();
    const files = mistakes.map(([what, action, parameters]) => {
      return [what, Buffer.from(bodies[format](action, parameters))] as const;
    });
    diagnoses = await diagnosed(
      files,
      configurationOf(mistakenConfiguration(apis, { refusing: refusing.url, selfSigned: selfSigned.url }), path),
      true,
    );
    await remove();
  });

  afterAll(async () => {
    await refusing.close();
    await selfSigned.close();
    await apis.close();
  });

  test.each(mistakes)('%s', (what, _action, _parameters, { cause, status }) => {
    const [found] = diagnoses.get(what) ?? [];
    expect(found).toMatchObject({ isAnswered: false, exchange: { cause, status, protocol: format } });
    expect(found?.advice).toEqual([expect.not.stringContaining('compare the call with docs/statuses.md')]);
    expect(JSON.stringify(found)).not.toContain(TOKEN);
  });
});
