import { describe, expect, test } from '@jest/globals';
import { afterwards } from '../support/cleanup.js';
import { callBridge, type Format, formats } from '../support/clients/legacy.js';
import { startBridge } from '../support/servers/bridge.js';
import { startUpstream } from '../support/servers/upstream.js';

const ACCOUNT = { id: 'native', login: 'l', email: 'e@example.com' };

/** A modern API that fails at any token but those of good users, while it is not down. */
async function bridgeWithFailingApi() {
  let isDown = false;
  const upstream = await startUpstream((request, response) => {
    const token = Buffer.from((request.headers.authorization ?? '').replace('Basic ', ''), 'base64').toString();
    if (isDown || !token.startsWith('good')) response.writeHead(500).end('{"type":"internal"}');
    else response.writeHead(200).end(JSON.stringify(ACCOUNT));
  });
  afterwards(upstream.close);
  const bridge = await startBridge({ applications: [{ api_key: 'k', provider: 'previsto', base_url: upstream.url }] });
  afterwards(bridge.close);
  const call = async (format: Format, token: string) => {
    const parameters = Object.entries({ api_key: 'k', auth_token: token });
    const { status, fault } = await callBridge(bridge.url, format, 'get_account_info', parameters);
    return fault ?? status;
  };
  const callAll = (format: Format, count: number, tokenOf: (n: number) => string) =>
    Promise.all(Array.from({ length: count }, (_, n) => call(format, tokenOf(n))));
  const setDown = (down: boolean) => {
    isDown = down;
  };
  return { received: upstream.received, call, callAll, setDown };
}

const OK = 'get_account_info_ok';

describe.each(formats)('whose token makes the API fail shuts out nobody: %s', (format) => {
  test('by calls of one token', async () => {
    const { call, callAll } = await bridgeWithFailingApi();
    for (let round = 0; round < 3; round += 1) {
      await callAll(format, 40, () => 'bad');
      for (let n = 0; n < 5; n += 1) await call(format, 'bad');
      expect(await call(format, `good ${round}`)).toBe(OK);
    }
  });

  test('by calls of many tokens, while others are served', async () => {
    const { call, callAll } = await bridgeWithFailingApi();
    expect(await call(format, 'good')).toBe(OK);
    await callAll(format, 60, (n) => `bad ${n}`);
    expect(await callAll(format, 5, (n) => `good ${n}`)).toEqual(Array(5).fill(OK));
  });
});

test('an API that is down for all is left alone, whoever asks', async () => {
  const { received, callAll, setDown } = await bridgeWithFailingApi();
  expect(await callAll('rest', 30, (n) => `good ${n}`)).toEqual(Array(30).fill(OK));
  setDown(true);
  await callAll('rest', 30, (n) => `good ${n}`);
  const sent = received.length;
  await callAll('rest', 30, (n) => `good ${n}`);
  await callAll('rest', 30, (n) => `bad ${n}`);
  expect(received).toHaveLength(sent);
});
