import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { startBridge } from '../support/servers/bridge.js';
import {
  credentials,
  type ModernApis,
  newTicket,
  pageAddress,
  type ShownPage,
  startModernApis,
  visit,
} from '../support/servers/modern-apis.js';

const GOOD = credentials.previsto;
const DONE = 'You are signed in';

let apis: ModernApis;
let bridge: Awaited<ReturnType<typeof startBridge>>;

beforeAll(async () => {
  apis = await startModernApis();
  bridge = await startBridge({
    applications: [
      { ...apis.application('previsto', 'confirmed'), confirm_sign_in: true },
      { ...apis.application('previsto', 'web'), confirm_sign_in: true, redirect_url: 'https://old.example.com/' },
      apis.application('previsto', 'plain'),
    ],
  });
});

afterAll(async () => {
  await bridge.close();
  await apis.close();
});

beforeEach(() => {
  apis.received.length = 0;
});

const post = (ticket: string, fields: Record<string, string> | [string, string][]): Promise<ShownPage> =>
  visit(pageAddress(bridge.url, ticket), { method: 'POST', body: new URLSearchParams(fields) });

/** Four characters that a ticket does not begin with. */
const notOf = (ticket: string) => (ticket.startsWith('aaaa') ? 'bbbb' : 'aaaa');

test('a page that asks for the beginning of the ticket takes that alone', async () => {
  const ticket = await newTicket(bridge.url, 'confirmed');
  const shown = await visit(pageAddress(bridge.url, ticket));
  expect(shown.text).toContain('<label for="confirmation">');
  expect(shown.text).not.toContain(ticket.slice(0, 4));
  const wrong = await post(ticket, { password: GOOD, confirmation: notOf(ticket) });
  expect([wrong.status, wrong.text.includes('This is not the code that your program shows')]).toEqual([200, true]);
  expect(apis.received).toEqual([]);
  for (const fields of [{ password: GOOD }, { password: GOOD, confirmation: ' ' }]) {
    const missing = await post(ticket, fields);
    expect([missing.status, missing.text.includes('Enter the code that your program shows.')]).toEqual([200, true]);
  }
  const twice = await post(ticket, [
    ['password', GOOD],
    ['confirmation', ticket.slice(0, 4)],
    ['confirmation', notOf(ticket)],
  ]);
  expect(twice.text).not.toContain(DONE);
  for (const confirmation of [ticket, ticket.slice(0, 3), ticket.slice(0, 5)])
    expect((await post(ticket, { password: GOOD, confirmation })).text).not.toContain(DONE);
  expect(apis.received).toEqual([]);
  const right = await post(ticket, { password: GOOD, confirmation: ` ${ticket.slice(0, 4).toUpperCase()} ` });
  expect(right.text).toContain(DONE);
});

test('a wrong confirmation is a wrong try: ten, and then not even the right one', async () => {
  const ticket = await newTicket(bridge.url, 'confirmed');
  const statuses: number[] = [];
  for (let n = 0; n < 10; n++)
    statuses.push((await post(ticket, { password: GOOD, confirmation: notOf(ticket) })).status);
  expect([...new Set(statuses)]).toEqual([200]);
  const late = await post(ticket, { password: GOOD, confirmation: ticket.slice(0, 4) });
  expect([late.status, late.text.includes('Too many wrong tries')]).toEqual([429, true]);
  expect(apis.received).toEqual([]);
});

test('one that is missing is none', async () => {
  const ticket = await newTicket(bridge.url, 'confirmed');
  for (let n = 0; n < 12; n++) expect((await post(ticket, { password: GOOD })).status).toBe(200);
  expect((await post(ticket, { password: GOOD, confirmation: ticket.slice(0, 4) })).text).toContain(DONE);
});

test('a web application gets its user after the confirmation', async () => {
  const ticket = await newTicket(bridge.url, 'web');
  expect((await post(ticket, { password: GOOD, confirmation: notOf(ticket) })).status).toBe(200);
  expect((await post(ticket, { password: GOOD, confirmation: ticket.slice(0, 4) })).status).toBe(303);
});

test('without the setting nothing is asked for and the field is ignored', async () => {
  const ticket = await newTicket(bridge.url, 'plain');
  expect((await visit(pageAddress(bridge.url, ticket))).text).not.toContain('confirmation');
  expect((await post(ticket, { password: GOOD, confirmation: notOf(ticket) })).text).toContain(DONE);
});
