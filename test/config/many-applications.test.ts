import { expect, test } from '@jest/globals';
import { parseConfig } from '../../src/config/load.js';

const actions = ['get_account_info'];
const providers = ['seatable', 'golem'].map((name) => ({ name, publicBaseUrl: `https://${name}.example.com` }));

test('the schema of an application is made once for each pair of providers, however many applications there are', () => {
  let schemas = 0;
  const options = {
    directory: '/etc/bridge',
    providers,
    // Read for each schema.
    get actions() {
      schemas += 1;
      return actions;
    },
  };
  const applications = Array.from({ length: 300 }, (_, n) => ({
    api_key: `key ${n}`,
    provider: n % 3 === 0 ? 'golem' : 'seatable',
    base_url: 'https://one.example.com',
    ...(n % 2 === 0 && { shadow: { provider: 'golem', base_url: 'https://other.example.com' } }),
  }));
  const config = parseConfig({ applications }, options);
  expect(config.applications.map(({ apiKey }) => apiKey)).toEqual(applications.map(({ api_key }) => api_key));
  expect(config.applications.map(({ provider }) => provider)).toEqual(applications.map(({ provider }) => provider));
  expect(schemas).toBe(4);
});
