import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { connect } from '../../src/applications/connect.js';
import { loadConfig } from '../../src/config/load.js';
import { createCache } from '../../src/providers/cache.js';
import { providers } from '../../src/providers/index.js';
import { loadProvider } from '../../src/providers/load.js';
import { createScope } from '../../src/shared/scope.js';
import { createUpstreams } from '../../src/upstream/client.js';
import { afterwards } from '../support/cleanup.js';
import { temporaryFolder } from '../support/servers/bridge.js';

/** A provider whose account is all that it was connected with. */
const mirror = `export default {
  name: 'mirror',
  title: 'Mirror',
  publicBaseUrl: 'https://mirror.example',
  credential: { name: 'key', hint: 'none' },
  settings: {
    work_space: { kind: 'text', description: 'which one' },
    key_style: { kind: 'choice', choices: ['a', 'b'], default: 'b', description: 'which one' },
  },
  connect: (options) => ({
    readAccount: async () => ({ nativeId: '1', login: '', email: '', attributes: { options: JSON.stringify(options), keys: Object.keys(options) } }),
  }),
};
`;

test('a provider is connected with its base URL, its own settings and a way to send, and nothing else', async () => {
  const { path, remove } = await temporaryFolder();
  afterwards(remove);
  await writeFile(join(path, 'package.json'), '{ "type": "module" }');
  await writeFile(join(path, 'mirror.js'), mirror);
  await writeFile(
    join(path, 'bridge.yaml'),
    'applications: [{ api_key: secret-key, provider: ./mirror.js, base_url: "https://h", work_space: w, cache_seconds: 60 }]',
  );
  const { applications } = await loadConfig(join(path, 'bridge.yaml'), { actions: [], providers, loadProvider });
  const [application] = applications;
  if (!application) throw new Error('no application');
  const { connect: connectTo } = await connect(application, createUpstreams({ timeoutMs: 1000 }), createCache());
  const { attributes } = await connectTo(createScope()).readAccount('credential');
  expect(attributes).toEqual({
    options: JSON.stringify({ baseUrl: 'https://h', settings: { workSpace: 'w', keyStyle: 'b' } }),
    keys: ['baseUrl', 'settings', 'send'],
  });
});
