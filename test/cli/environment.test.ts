import { expect, test } from '@jest/globals';
import { readEnvironment } from '../../src/cli/environment.js';

const nothing = { key: undefined, proxies: { http: '', https: '', none: '' }, collector: undefined };

test.each([
  [{}, nothing],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: '', HTTPS_PROXY: '' }, nothing],
  [{ BOXBRIDGE_KEY: 'a2V5' }, { ...nothing, key: { base64: 'a2V5' } }],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318/' }, { ...nothing, collector: 'http://localhost:4318/' }],
  [
    { HTTPS_PROXY: 'http://a:b@proxy:3128', http_proxy: 'proxy:8080', NO_PROXY: 'localhost,.example.com' },
    {
      ...nothing,
      proxies: { http: 'http://proxy:8080', https: 'http://a:b@proxy:3128', none: 'localhost,.example.com' },
    },
  ],
  [
    { https_proxy: 'https://lower', HTTPS_PROXY: 'https://upper' },
    { ...nothing, proxies: { ...nothing.proxies, https: 'https://lower' } },
  ],
])('reads %j', (variables, environment) => {
  expect(readEnvironment(variables)).toEqual(environment);
});

test.each([
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'ftp://secret/'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://user:secret@collector host:4318'],
  ['HTTPS_PROXY', 'socks5://secret:1080'],
  ['HTTP_PROXY', 'http://user:secret@proxy:99999'],
  ['HTTP_PROXY', 'http://'],
])('says that %s is no good, and not that it is %s', (name, value) => {
  const read = () => readEnvironment({ [name]: value });
  expect(read).toThrow(new RegExp(`^${name} has to be an http or https URL`));
  expect(read).not.toThrow('secret');
});
