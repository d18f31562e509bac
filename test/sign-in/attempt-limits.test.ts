import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { afterwards } from '../support/cleanup.js';
import { startBridge } from '../support/servers/bridge.js';
import {
  always,
  credentials,
  enter,
  type ModernApis,
  newTicket,
  pageAddress,
  type ShownPage,
  startModernApis,
} from '../support/servers/modern-apis.js';

const GOOD = credentials.previsto;
const DONE = 'You are signed in';

let apis: ModernApis;
/** A bridge of its own for every test: attempts of earlier tests would count. */
let newPage: (configuration?: { trust_proxy: boolean }) => Promise<() => Promise<string>>;

beforeAll(async () => {
  apis = await startModernApis();
  newPage = async (configuration = { trust_proxy: true }) => {
    const limits = { tickets_per_minute: 1000 };
    const bridge = await startBridge({ ...configuration, limits, applications: [apis.application('previsto', 'key')] });
    afterwards(bridge.close);
    return async () => pageAddress(bridge.url, await newTicket(bridge.url, 'key'));
  };
});

afterAll(() => apis.close());

beforeEach(() => {
  apis.become();
  apis.received.length = 0;
});

async function times(count: number, work: (n: number) => Promise<ShownPage>): Promise<number[]> {
  const statuses: number[] = [];
  for (let n = 0; n < count; n++) statuses.push((await work(n)).status);
  return [...new Set(statuses)];
}

test('a ticket takes ten wrong secrets, and then not even the right one', async () => {
  const page = await newPage();
  const address = await page();
  expect(await times(10, () => enter(address, 'wrong', '10.0.0.1'))).toEqual([200]);
  apis.received.length = 0;
  for (const [secret, from] of [
    ['wrong', '10.0.0.1'],
    [GOOD, '10.0.0.1'],
    [GOOD, '10.0.0.2'],
  ] as const) {
    const reply = await enter(address, secret, from);
    expect(reply.status).toBe(429);
    expect(reply.headers.get('retry-after')).toBe('900');
    expect(reply.text).toContain('Too many wrong tries');
    expect(reply.text).not.toContain(GOOD);
    expect(reply.headers.get('content-security-policy')).toContain("default-src 'none'");
  }
  expect(apis.received).toEqual([]);
  expect((await enter(await page(), GOOD, '10.0.0.1')).text).toContain(DONE);
});

test('the tenth attempt may be the right one', async () => {
  const address = await (await newPage())();
  expect(await times(9, () => enter(address, 'wrong'))).toEqual([200]);
  expect((await enter(address, GOOD)).text).toContain(DONE);
});

test('an empty secret and an outage are no attempts', async () => {
  const address = await (await newPage())();
  apis.become(always(500));
  expect(await times(12, () => enter(address, 'wrong'))).toEqual([503]);
  apis.become();
  expect(await times(12, () => enter(address, ''))).toEqual([200]);
  expect(await times(9, () => enter(address, 'wrong'))).toEqual([200]);
  expect((await enter(address, GOOD)).text).toContain(DONE);
});

test('of 50 wrong secrets at the same moment ten reach the modern API', async () => {
  const address = await (await newPage())();
  const pages = await Promise.all(Array.from({ length: 50 }, (_, n) => enter(address, `wrong-${n}`)));
  expect(pages.filter(({ status }) => status === 200)).toHaveLength(10);
  expect(apis.received).toHaveLength(10);
});

test('an address has a hundred wrong secrets, whatever the tickets', async () => {
  const page = await newPage();
  for (let round = 0; round < 10; round++) {
    const address = await page();
    expect(await times(10, () => enter(address, 'wrong', '10.0.0.1'))).toEqual([200]);
  }
  const address = await page();
  expect((await enter(address, GOOD, '10.0.0.1')).status).toBe(429);
  expect((await enter(address, GOOD, '10.0.0.2')).text).toContain(DONE);
});

test('a proxy that is not trusted cannot name other addresses', async () => {
  const page = await newPage({ trust_proxy: false });
  for (let round = 0; round < 10; round++) {
    const address = await page();
    expect(await times(10, (n) => enter(address, 'wrong', `10.0.${round}.${n}`))).toEqual([200]);
  }
  expect((await enter(await page(), GOOD, '10.1.1.1')).status).toBe(429);
});

test('one ticket that is tried for ever does not exhaust its address', async () => {
  const page = await newPage();
  const address = await page();
  expect(await times(10, () => enter(address, 'wrong', '10.0.0.1'))).toEqual([200]);
  expect(await times(150, () => enter(address, 'wrong', '10.0.0.1'))).toEqual([429]);
  expect((await enter(await page(), GOOD, '10.0.0.1')).text).toContain(DONE);
});

test('right secrets do not exhaust their address, not even many at the same moment', async () => {
  const page = await newPage();
  const addresses = await Promise.all(Array.from({ length: 150 }, page));
  await Promise.all(addresses.map((address) => enter(address, GOOD, '10.0.0.1')));
  const late = await Promise.all(Array.from({ length: 90 }, page));
  const pages = await Promise.all(late.map((address) => enter(address, GOOD, '10.0.0.1')));
  expect(pages.filter(({ text }) => text.includes(DONE))).toHaveLength(90);
});
