import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { actionNames } from '../../src/core/actions.js';
import type { RecordedCall } from '../../src/replay/recording.js';
import { type ReplayOptions, replay } from '../../src/replay/replay.js';
import { afterwards } from '../support/cleanup.js';
import { startUpstream, type Upstream } from '../support/servers/upstream.js';

const reply = (elements: string) => `<response><status>ok</status>${elements}</response>`;

const call = (id: string, more: Partial<RecordedCall> = {}): RecordedCall => ({
  ...{ id, action: 'get_account_info', authToken: undefined },
  request: { method: 'GET', target: `/api/1.0/rest?id=${id}`, headers: [], contentType: '', body: '' },
  reply: { status: 200, body: reply('<user><email>a</email></user>') },
  ...more,
});

async function serve(handler: RequestListener): Promise<Upstream> {
  const upstream = await startUpstream(handler);
  afterwards(upstream.close);
  return upstream;
}

async function* each(calls: readonly RecordedCall[]): AsyncGenerator<RecordedCall> {
  yield* calls;
}

const send = (calls: readonly RecordedCall[], options: Partial<ReplayOptions> & { readonly to: string }) =>
  replay(each(calls), { writes: false, secrets: new Map(), ...options });

const answering = (elements: string | (() => string)): RequestListener => {
  const current = typeof elements === 'string' ? () => elements : elements;
  return (_request, response) => response.end(reply(current()));
};

test('differences are counted by action and element', async () => {
  const { url } = await serve(answering('<user><email>b</email></user>'));
  const result = await send([call('a'), call('b'), call('c', { action: 'get_account_details' })], { to: url });
  expect(result).toEqual({
    sent: 3,
    writes: 0,
    noise: [],
    failure: undefined,
    differences: [
      { action: 'get_account_details', element: 'user.email', calls: 1, example: 'c' },
      { action: 'get_account_info', element: 'user.email', calls: 2, example: 'a' },
    ],
  });
});

test('calls that may change something are sent only when asked for', async () => {
  const upstream = await serve(answering('<user><email>a</email></user>'));
  const calls = ['update_account', 'logout', 'copy', undefined].map((action, index) => call(`${index}`, { action }));
  expect(await send([...calls, call('read')], { to: upstream.url })).toMatchObject({ sent: 1, writes: 4 });
  expect(upstream.received.map(({ path }) => path)).toEqual(['/api/1.0/rest?id=read']);
  expect(await send(calls, { to: upstream.url, writes: true })).toMatchObject({ sent: 4, writes: 0, differences: [] });
});

test('the page names the actions that are sent without being asked for', async () => {
  const page = readFileSync(new URL('../../../docs/before-a-change.md', import.meta.url), 'utf8');
  const [, named = ''] = /Only (.*?) are sent, unless `--writes`/s.exec(page) ?? [];
  const upstream = await serve(answering(''));
  await send(
    actionNames.map((action) => call(action, { action })),
    { to: upstream.url },
  );
  const sent = upstream.received.map(({ path }) => path.split('id=')[1]);
  expect(named.match(/`\w+`/g)?.sort()).toEqual(sent.map((action) => `\`${action}\``).sort());
});

test('what differs between two replies of the primary is noise, and the recording is not looked at', async () => {
  let count = 0;
  const counter = () => `<n>${++count}</n><user><email>b</email><name>x</name></user>`;
  const primary = await serve(answering(counter));
  const other = await serve(answering(() => counter().replace('x', 'y')));
  const result = await send([call('a'), call('b')], { to: other.url, primary: primary.url });
  expect(primary.received).toHaveLength(4);
  expect(result.noise).toEqual([{ action: 'get_account_info', element: 'n', calls: 2, example: expect.any(String) }]);
  expect(result.differences).toEqual([
    { action: 'get_account_info', element: 'user.name', calls: 2, example: expect.any(String) },
  ]);
});

test('a primary that does not answer is no noise', async () => {
  const other = await serve(answering(''));
  const { url, close } = await startUpstream(() => {});
  await close();
  expect(await send([call('a')], { to: other.url, primary: url })).toMatchObject({
    noise: [],
    differences: [{ element: 'no reply', calls: 1 }],
  });
});

test('the calls of an auth_token are sent in their order, others at once, but no more than eight', async () => {
  let open = 0;
  let most = 0;
  const seen: string[] = [];
  const { url } = await serve((request, response) => {
    open += 1;
    most = Math.max(most, open);
    seen.push(request.url ?? '');
    setTimeout(() => {
      open -= 1;
      response.end(reply(''));
    }, 5);
  });
  const calls = Array.from({ length: 40 }, (_, index) => call(`${index}`, { authToken: `s_${index % 3}` }));
  await send(calls, { to: url });
  expect(most).toBe(3);
  for (const rest of [0, 1, 2]) {
    const ids = seen.map((path) => Number(/id=(\d+)/.exec(path)?.[1])).filter((id) => id % 3 === rest);
    expect(ids).toEqual([...ids].sort((one, other) => one - other));
  }
  most = 0;
  await send(
    Array.from({ length: 40 }, (_, index) => call(`${index}`)),
    { to: url },
  );
  expect(most).toBe(8);
});

test('a request is sent with its secrets, its body and the headers that a bridge answers by', async () => {
  const seen: unknown[] = [];
  const { url } = await serve(async (request, response) => {
    const { 'content-type': type, 'user-agent': agent, soapaction, cookie, host } = request.headers;
    seen.push([request.method, request.url, await textOf(request), type, agent, soapaction, cookie, host]);
    response.end(reply(''));
  });
  const digest = `s_${'0'.repeat(24)}`;
  await send(
    [
      call('a', {
        request: {
          method: 'POST',
          target: `/api/1.0/soap?t=${digest}`,
          headers: [
            { name: 'Host', value: 'old' },
            { name: 'user-agent', value: 'gSOAP/2' },
            { name: 'SOAPAction', value: '""' },
            { name: 'Cookie', value: digest },
          ],
          contentType: 'text/xml; charset=iso-8859-1; x=y',
          body: `<?xml version="1.0" encoding="iso-8859-1"?><a>${digest}<![CDATA[${digest}]]>ä</a>`,
        },
      }),
    ],
    { to: url, secrets: new Map([[digest, 'a&<b']]) },
  );
  expect(seen).toEqual([
    [
      'POST',
      '/api/1.0/soap?t=a%26%3Cb',
      '<?xml version="1.0"?><a>a&amp;&lt;b<![CDATA[a&<b]]>ä</a>',
      'text/xml; x=y; charset=utf-8',
      'gSOAP/2',
      '""',
      undefined,
      new URL(url).host,
    ],
  ]);
});

test('a bridge that does not answer differs in every call, and why is told', async () => {
  const { url, close } = await startUpstream(() => {});
  await close();
  expect(await send([call('a'), call('b')], { to: url })).toMatchObject({
    sent: 2,
    differences: [{ element: 'no reply', calls: 2 }],
    failure: 'ECONNREFUSED',
  });
});

test('a body is sent with GET too', async () => {
  const seen: string[] = [];
  const { url } = await serve(async (request, response) => {
    seen.push(`${request.method} ${await textOf(request)}`);
    response.end(reply(''));
  });
  const request = { ...call('a').request, body: 'action=get_account_info' };
  await send([call('a', { request })], { to: url });
  expect(seen).toEqual(['GET action=get_account_info']);
});

test('a reply in another character set is read', async () => {
  const { url } = await serve((_request, response) => {
    response.setHeader('Content-Type', 'text/xml; charset=iso-8859-1');
    response.end(Buffer.from(reply('<user><email>ä</email></user>'), 'latin1'));
  });
  const recorded = call('a', { reply: { status: 200, body: reply('<user><email>ä</email></user>') } });
  expect(await send([recorded], { to: url })).toMatchObject({ differences: [] });
});
