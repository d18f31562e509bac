import { describe, expect, test } from '@jest/globals';
import { afterwards } from '../support/cleanup.js';
import { callBridge, formats, type Parameters } from '../support/clients/legacy.js';
import { startBridge } from '../support/servers/bridge.js';
import { credentials, startModernApis } from '../support/servers/modern-apis.js';

const SECRET = 'a-text-of-the-caller';

async function start() {
  const apis = await startModernApis();
  afterwards(apis.close);
  const application = { ...apis.application('previsto', 'k'), name: 'Invoices', credentials: 'passthrough' };
  const bridge = await startBridge({ applications: [application] });
  afterwards(bridge.close);
  const metrics = async () => (await fetch(`${bridge.url}/metrics`)).text();
  return {
    url: bridge.url,
    metrics,
    unserved: async () =>
      [...(await metrics()).matchAll(/^boxbridge_unserved_total\{kind="(.*)",name="(.*)"\} (\d+)$/gm)].map(
        ([, kind, name, count]) => `${kind} ${name} ${count}`,
      ),
  };
}

const signed: Parameters = [
  ['api_key', 'k'],
  ['auth_token', credentials.previsto],
];

describe.each(formats)('in %s', (format) => {
  test('what is asked for in vain is counted by the names of the old API, all else together', async () => {
    const { url, unserved, metrics } = await start();
    await callBridge(url, format, 'get_account_tree', [...signed, ['folder_id', '0']]);
    for (const action of ['get_account_tre', SECRET]) await callBridge(url, format, action, signed);
    await callBridge(url, format, 'get_account_info', [
      ...signed,
      ['params', 'nozip'],
      ['folder_id', '0'],
      [SECRET, 'x'],
      ['another', 'x'],
    ]);
    expect((await unserved()).sort()).toEqual([
      'action get_account_tree 1',
      'action other 2',
      'parameter folder_id 1',
      'parameter other 2',
      'parameter params 1',
    ]);
    expect(await metrics()).not.toContain(SECRET);
  });

  test('what is served is not counted', async () => {
    const { url, unserved } = await start();
    await callBridge(url, format, 'get_account_info', signed);
    await callBridge(url, format, 'update_account', [...signed, ['name', 'a'], ['meta.key', 'b']]);
    await callBridge(url, format, 'logout', signed);
    expect(await unserved()).toEqual([]);
  });
});

test('arrays count by their name', async () => {
  const { url, unserved } = await start();
  const query = 'action=get_account_info&api_key=k&auth_token=t&params[]=a&params%5B0%5D=b&params[x]=c';
  await fetch(`${url}/api/1.0/rest?${query}`);
  expect((await unserved()).sort()).toEqual(['parameter other 1', 'parameter params 1']);
});

test('paths count by the names of the old API', async () => {
  const { url, unserved } = await start();
  for (const path of ['/api/1.0/upload/token/0', '/api/1.0/Download/token/1', `/api/1.0/${SECRET}`, '/favicon.ico'])
    await fetch(url + path);
  expect((await unserved()).sort()).toEqual(['path download 1', 'path other 2', 'path upload 1']);
});

test('calls, their seconds and requests upstream count for their application', async () => {
  const { url, metrics } = await start();
  await callBridge(url, 'rest', 'get_account_info', signed);
  await callBridge(url, 'rest', 'get_account_info', [['api_key', 'unknown']]);
  const text = await metrics();
  for (const sample of [
    'boxbridge_calls_total{protocol="rest",provider="previsto",application="Invoices",action="get_account_info",status="get_account_info_ok"} 1',
    'boxbridge_calls_total{protocol="rest",provider="none",application="none",action="get_account_info",status="application_restricted"} 1',
    'boxbridge_call_seconds_count{protocol="rest",application="Invoices"} 1',
    'boxbridge_call_seconds_count{protocol="rest",application="none"} 1',
    'boxbridge_upstream_seconds_count{provider="previsto",application="Invoices",outcome="200"} 1',
  ])
    expect(text).toContain(`${sample}\n`);
});
