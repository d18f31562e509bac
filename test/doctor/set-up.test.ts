import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, request as httpRequest, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../src/config/load.js';
import { actionNames } from '../../src/core/actions.js';
import type { SetUp } from '../../src/doctor/set-up/finding.js';
import { examineSetUp } from '../../src/doctor/set-up/set-up.js';
import { providers } from '../../src/providers/index.js';
import { afterwards } from '../support/cleanup.js';
import { startBridge, temporaryFolder } from '../support/servers/bridge.js';
import { createAuthority } from '../support/servers/certificates.js';
import { SECRET, USER } from '../support/servers/embedded-postgres.js';
import { credentials, newAuthToken, startModernApis } from '../support/servers/modern-apis.js';
import { describeWithPostgres } from '../support/servers/postgres.js';
import { canned, startUpstream } from '../support/servers/upstream.js';
import { describeWithValkey, freePort, startValkey } from '../support/servers/valkey.js';

interface Found {
  readonly what: string;
  readonly ok: boolean;
  readonly says: string;
}

async function folder(): Promise<string> {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  return path;
}

const configurationIn = (directory: string, value: Readonly<Record<string, unknown>>) =>
  parseConfig(value, { directory, actions: actionNames, providers });

const noProxies = { http: '', https: '', none: '' };

/** What is found of a set-up, by what it is about. */
async function findings(setUp: Partial<SetUp> & Pick<SetUp, 'config'>) {
  let printed = '';
  const isGood = await examineSetUp(
    { key: undefined, proxies: noProxies, isOnline: true, credential: undefined, ...setUp },
    {
      isJson: true,
      print: (text) => {
        printed += text;
      },
    },
  );
  const found: readonly Found[] = JSON.parse(printed).findings;
  expect(isGood).toBe(found.every(({ ok }) => ok));
  return new Map(found.map(({ what, ok, says }) => [what, `${ok ? 'ok' : 'to do'}: ${says}`]));
}

/** A server on a free port of loopback; gives its port. */
async function serving(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterwards(() => new Promise((resolve) => server.close(() => resolve())));
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

async function applicationsFor(baseUrl?: string) {
  if (baseUrl !== undefined) return [{ api_key: 'k', provider: 'seatable', base_url: baseUrl }];
  const api = await startUpstream(canned({}));
  afterwards(api.close);
  return [{ api_key: 'k', provider: 'seatable', base_url: api.url }];
}

test('the limits_store is asked', async () => {
  const port = await freePort();
  const limits_store = `valkey://bridge:hush@127.0.0.1:${port}/1`;
  const config = configurationIn(await folder(), { limits_store, applications: await applicationsFor() });
  expect((await findings({ config })).get('limits_store')).toBe(
    `to do: the limits_store 127.0.0.1:${port}/1 cannot be used (connect ECONNREFUSED 127.0.0.1:${port}); mend it, or leave it out: then each server counts for itself`,
  );
});

describeWithValkey('the limits_store', () => {
  test('that counts is good', async () => {
    const { address } = await startValkey();
    const config = configurationIn(await folder(), {
      limits_store: `valkey://${address}`,
      applications: await applicationsFor(),
    });
    expect((await findings({ config })).get('limits_store')).toBe(`ok: ${address} counts`);
  });
});

describe('the store and the key', () => {
  test('are made at the first start, and not by doctor', async () => {
    const directory = await folder();
    const found = await findings({ config: configurationIn(directory, { applications: await applicationsFor() }) });
    expect(found.get('configuration')).toBe('ok: 1 application(s)');
    expect(found.get('store')).toBe(`ok: ${directory}/data/bridge.db will be made at the first start`);
    expect(found.get('key')).toBe(`ok: ${directory}/data/bridge.key will be made at the first start`);
    expect(await readdir(directory)).toEqual([]);
  });

  test('belong together', async () => {
    const applications = await applicationsFor();
    const bridge = await startBridge({ applications });
    afterwards(bridge.close);
    const config = configurationIn(bridge.folder, { applications });
    const good = await findings({ config });
    expect(good.get('store')).toBe(`ok: ${bridge.folder}/data/bridge.db can be read and written`);
    expect(good.get('key')).toBe(`ok: ${bridge.folder}/data/bridge.key opens the store`);
    const other = await findings({ config, key: { base64: Buffer.alloc(32, 1).toString('base64') } });
    expect(other.get('key')).toMatch(/^to do: the key in the environment is not /);
    const missing = await findings({ config: { ...config, keyFile: '/nonexistent/key' } });
    expect(missing.get('key')).toMatch(/^to do: cannot read the key \/nonexistent\/key /);
  });

  test.each([
    ['too short', Buffer.alloc(31), 0o600, /^to do: the key \S+ has to be 32 random bytes, but has 31$/],
    ['for all to read', Buffer.alloc(32, 1), 0o644, /^to do: chmod 600 \/\S+: others on this machine may read it$/],
  ])('a key that is %s', async (_what, bytes, mode, says) => {
    const directory = await folder();
    await writeFile(join(directory, 'a.key'), bytes);
    await chmod(join(directory, 'a.key'), mode);
    const config = configurationIn(directory, { key_file: './a.key', applications: await applicationsFor() });
    expect((await findings({ config })).get('key')).toMatch(says);
  });

  test('a store that is none', async () => {
    const directory = await folder();
    await writeFile(join(directory, 'a.db'), 'Dear Sir, this is no database.'.repeat(100));
    const config = configurationIn(directory, { store: 'sqlite:./a.db', applications: await applicationsFor() });
    expect((await findings({ config })).get('store')).toBe(
      `to do: cannot use the store ${directory}/a.db (file is not a database); mend it or name another in \`store\``,
    );
  });

  test('a folder in place of a store', async () => {
    const directory = await folder();
    await mkdir(join(directory, 'a.db'));
    const config = configurationIn(directory, { store: 'sqlite:./a.db', applications: await applicationsFor() });
    expect((await findings({ config })).get('store')).toMatch(
      /^to do: cannot use the store \/\S+a\.db \(it is no file\); /,
    );
  });
});

describeWithPostgres('a store in PostgreSQL', (server) => {
  test('is read, and named without its secret', async () => {
    const { url, remove } = await server.newSchema();
    afterwards(remove);
    const applications = await applicationsFor();
    const config = configurationIn(await folder(), { store: url, applications });
    const before = (await findings({ config })).get('store');
    expect(before).toMatch(/^ok: \S+\/postgres answers; its tables will be made at the first start$/);
    const bridge = await startBridge({ store: url, applications });
    afterwards(bridge.close);
    const found = await findings({ config: { ...config, keyFile: join(bridge.folder, 'data/bridge.key') } });
    expect(found.get('store')).toMatch(/^ok: \S+\/postgres answers$/);
    expect(found.get('key')).toMatch(/ opens the store$/);
    expect(`${before}${[...found.values()].join()}`).not.toContain(SECRET);
    expect(`${before}${[...found.values()].join()}`).not.toContain(USER);
  });
});

describe('a modern API', () => {
  const findingsOf = async (baseUrl: string, more = {}, proxies = noProxies) => {
    const directory = await folder();
    const applications = (await applicationsFor(baseUrl)).map((application) => ({ ...application, ...more }));
    return findings({ config: configurationIn(directory, { applications }), proxies });
  };

  test('whose clock agrees', async () => {
    const api = await startUpstream(canned({}));
    afterwards(api.close);
    const { host } = new URL(api.url);
    const found = await findingsOf(api.url);
    expect(found.get(`clock against ${host}`)).toMatch(/^ok: \d second\(s\) apart$/);
    expect(found.get(`TLS of ${host}`)).toBe('ok: none, on this machine or in a private network');
  });

  test.each([
    ['behind', -3600],
    ['ahead', 3600],
  ])('against which the clock is %s', async (how, seconds) => {
    const api = await startUpstream((_request, response) => {
      response.writeHead(200, { Date: new Date(Date.now() - seconds * 1000).toUTCString() }).end();
    });
    afterwards(api.close);
    const found = await findingsOf(api.url);
    expect(found.get(`clock against ${new URL(api.url).host}`)).toMatch(
      new RegExp(`^to do: set the clock: it is 3(600|601|599) seconds ${how}$`),
    );
  });

  test('that does not exist', async () => {
    const found = await findingsOf('https://nowhere.invalid');
    expect(found.get('DNS of nowhere.invalid')).toMatch(/^to do: check `base_url` and the resolver of this machine: /);
    expect([...found.keys()].filter((what) => what.includes('nowhere'))).toHaveLength(1);
  });

  test('that a proxy looks up', async () => {
    const found = await findingsOf('https://nowhere.invalid', {}, { ...noProxies, https: 'http://127.0.0.1:1' });
    expect(found.get('DNS of nowhere.invalid')).toBe('ok: the proxy looks it up');
    expect(found.get('TLS of nowhere.invalid')).toBe('ok: through the proxy, where it is not examined');
    expect(found.get('clock against nowhere.invalid')).toMatch(
      /^to do: nothing answers at https:\/\/nowhere\.invalid: /,
    );
  });

  test.each([
    ['in a year', 365, /^ok: TLSv1\.3, its certificate ends in 36\d day\(s\)$/],
    ['soon', 3, /^to do: renew it: its certificate ends in [23] day\(s\)$/],
  ])('whose certificate ends %s', async (_when, days, says) => {
    const directory = await folder();
    const authority = await createAuthority('An authority');
    await writeFile(join(directory, 'ca.pem'), authority.cert);
    const certificate = await authority.issue('server', 'localhost', new Date(Date.now() + days * 86_400_000));
    const port = await serving(createHttpsServer(certificate, (_request, response) => void response.end()));
    const url = `https://localhost:${port}`;
    const known = await findingsOf(url, { ca_file: join(directory, 'ca.pem') });
    expect(known.get(`TLS of localhost:${port}`)).toMatch(says);
    const unknown = await findingsOf(url);
    expect(unknown.get(`TLS of localhost:${port}`)).toMatch(/^to do: .* ca_file/);
  });

  test('without TLS elsewhere', async () => {
    const found = await findingsOf('http://nowhere.example.com', {}, { ...noProxies, http: 'http://127.0.0.1:1' });
    expect(found.get('TLS of nowhere.example.com')).toBe(
      'to do: write https:// in `base_url`: credentials go unencrypted',
    );
  });
});

test('a credential, which its own modern API alone is shown', async () => {
  const apis = await startModernApis();
  afterwards(apis.close);
  const applications = [
    { ...apis.application('seatable', 'vault'), name: 'Old' },
    { api_key: 'another', provider: 'previsto', base_url: (await applicationsFor())[0]?.base_url },
  ];
  const bridge = await startBridge({ applications });
  afterwards(bridge.close);
  const authToken = await newAuthToken(bridge.url, 'vault', credentials.seatable);
  const config = configurationIn(bridge.folder, { applications });
  const [application] = config.applications;
  if (!application) throw new Error('no application');
  const good = await findings({ config, credential: { authToken, application } });
  expect(good.get('credential for Old')).toBe('ok: its account can be read');
  const bad = await findings({ config, credential: { authToken: 'never-issued', application } });
  expect(bad.get('credential for Old')).toMatch(
    /^to do: let the user sign in anew, .*\(no session has this auth_token: /,
  );
});

describe('public_url', () => {
  /** A bridge behind a proxy that a test makes for its URL, with what is found of it. */
  async function behind(createProxy: (bridge: () => string) => Server) {
    let bridgeUrl = '';
    const port = await serving(createProxy(() => bridgeUrl));
    const applications = await applicationsFor();
    const public_url = `http://127.0.0.1:${port}`;
    const bridge = await startBridge({ applications, public_url });
    afterwards(bridge.close);
    bridgeUrl = bridge.url;
    const found = await findings({ config: configurationIn(bridge.folder, { applications, public_url }) });
    return new Map([...found].filter(([what]) => what.startsWith('public_url')));
  }

  /** A proxy that knows no HTTP. */
  const passing = (bridge: () => string) =>
    createServer((socket) => {
      const { hostname, port } = new URL(bridge());
      const onward = connect(Number(port), hostname);
      socket.on('error', () => onward.destroy()).pipe(onward);
      onward.on('error', () => socket.destroy()).pipe(socket);
    });

  const trials = ['Host and scheme', 'Content-Length', 'chunks', 'Expect', 'SOAPAction', '%2F', 'gzip'];
  const names = trials.map((what) => `public_url: ${what}`);

  test('behind a proxy that changes nothing', async () => {
    expect([...(await behind(passing))]).toEqual(names.map((what) => [what, 'ok: as it should be']));
  });

  test('by calls that are told from those of programs', async () => {
    const callers = new Set<string | undefined>();
    const stranger: RequestListener = ({ headers }, response) => {
      callers.add(headers['user-agent']);
      response.writeHead(200).end('Welcome');
    };
    await behind(() => createHttpServer(stranger));
    expect([...callers]).toEqual(['boxbridge-doctor']);
  });

  test('where something else answers', async () => {
    const stranger: RequestListener = (_request, response) => void response.writeHead(200).end('Welcome');
    const found = await behind(() => createHttpServer(stranger));
    expect([...found.keys()]).toEqual(names);
    for (const says of found.values()) expect(says).toMatch(/^to do: .*\(HTTP 200, not from the bridge\)$/);
  });

  test('where nothing answers', async () => {
    const directory = await folder();
    const config = configurationIn(directory, {
      public_url: 'http://127.0.0.1:1',
      applications: await applicationsFor(),
    });
    expect((await findings({ config })).get('public_url')).toBe(
      'to do: start the bridge, and let 127.0.0.1:1 lead to it: nothing answers there (ECONNREFUSED)',
    );
  });

  interface Fault {
    readonly path?: (path: string) => string;
    /** Headers of requests that do not arrive. */
    readonly dropped?: readonly string[];
    /** Requests that the proxy refuses. */
    readonly refuses?: RegExp;
    readonly isChunked?: true;
    readonly isExpectRefused?: true;
  }

  /** A proxy that passes HTTP on, with a fault. */
  const faulty =
    ({ path = (same) => same, dropped = [], refuses = /(?!)/, isChunked, isExpectRefused }: Fault) =>
    (bridge: () => string) => {
      const server = createHttpServer((request, response) => {
        const kept = Object.entries(request.headers).filter(([name]) => !dropped.includes(name));
        if (refuses.test(JSON.stringify([request.url, request.headers]))) return void response.writeHead(403).end();
        const onward = httpRequest(
          new URL(path(request.url ?? ''), bridge()),
          { method: request.method, headers: Object.fromEntries(kept) },
          (reply) => {
            const { 'content-length': length, ...headers } = reply.headers;
            response.writeHead(reply.statusCode ?? 0, isChunked ? headers : reply.headers);
            reply.pipe(response);
          },
        );
        request.pipe(onward);
      });
      if (isExpectRefused) server.on('checkContinue', (_request, response) => void response.writeHead(417).end());
      return server;
    };

  test.each<[string, Fault, readonly string[]]>([
    ['changes nothing', {}, []],
    ['drops the query', { path: (path) => path.replace(/\?.*/, '') }, ['Host and scheme']],
    ['sends replies in chunks', { isChunked: true }, ['Content-Length']],
    ['takes no chunks', { refuses: /"transfer-encoding":"chunked"/ }, ['chunks']],
    ['takes no Expect', { isExpectRefused: true }, ['Expect']],
    ['takes no SOAP', { refuses: /"soapaction"/ }, ['SOAPAction']],
    ['takes no %2F', { refuses: /%2F/ }, ['%2F']],
    ['drops the coding', { dropped: ['content-encoding'] }, ['gzip']],
  ])('behind a proxy that %s', async (_what, fault, wrong) => {
    const found = await behind(faulty(fault));
    const toDo = [...found].filter(([, says]) => says.startsWith('to do')).map(([what]) => what);
    expect(toDo).toEqual(wrong.map((what) => `public_url: ${what}`));
  });

  test('over TLS, by its versions and its certificate', async () => {
    const authority = await createAuthority('An authority');
    const certificate = await authority.issue('server', 'localhost');
    const old = { ...certificate, maxVersion: 'TLSv1.2', minVersion: 'TLSv1.2' } as const;
    const port = await serving(createHttpsServer(old, (_request, response) => void response.end()));
    const public_url = `https://localhost:${port}`;
    const config = configurationIn(await folder(), { public_url, applications: await applicationsFor() });
    const found = await findings({ config });
    expect(found.get('public_url: TLS versions')).toMatch(
      /^ok: TLSv1\.2; `deploy\/nginx\/old-tls\.conf` is for programs that know TLS 1\.0 alone$/,
    );
    expect(found.get('public_url: certificate')).toMatch(/^to do: old programs may refuse it: /);
  });
});
