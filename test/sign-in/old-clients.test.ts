import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { wireBytes, wireCases } from '../support/cases/wire.js';
import { oldClients } from '../support/clients/old-clients.js';
import { exchange, type RawReply } from '../support/clients/raw.js';
import { startBridge } from '../support/servers/bridge.js';
import {
  credentials,
  enter,
  type ModernApis,
  newTicket,
  pageAddress,
  startModernApis,
  visit,
} from '../support/servers/modern-apis.js';

const REDIRECT = 'https://old.example.com/callback';

let apis: ModernApis;
let bridge: Awaited<ReturnType<typeof startBridge>>;

beforeAll(async () => {
  apis = await startModernApis();
  bridge = await startBridge({
    applications: [
      apis.application('previsto', 'desktop'),
      { ...apis.application('previsto', 'web'), redirect_url: REDIRECT },
    ],
  });
});

afterAll(async () => {
  await bridge.close();
  await apis.close();
});

/** Sends a recorded request, in which zeros stand for the ticket. */
async function send(example: string, ticket: string): Promise<RawReply | undefined> {
  const recorded = wireBytes(`sign-in/${example}/request.http`).toString('latin1');
  const request = Buffer.from(recorded.replace('0'.repeat(32), ticket), 'latin1');
  return (await exchange(bridge.url, request, { replies: 1 })).replies.at(-1);
}

const redeem = async (api_key: string, ticket: string) =>
  (await oldClients.rest(bridge.url, 'get_auth_token', { api_key, ticket })).status;

const examples = wireCases('sign-in', 'request.http');

test.each(examples)('a recorded request signs in: %s', async (example) => {
  const ticket = await newTicket(bridge.url, 'desktop');
  const reply = await send(example, ticket);
  expect(reply?.status).toBe(200);
  expect(reply?.body.toString()).toContain('api_auth_success');
  expect(await redeem('desktop', ticket)).toBe('get_auth_token_ok');
});

test.each(examples)('a recorded request is sent back to the web application: %s', async (example) => {
  const ticket = await newTicket(bridge.url, 'web');
  const reply = await send(example, ticket);
  expect(reply?.status).toBe(303);
  const [, url = ''] = /^location: (.*)$/m.exec(reply?.head ?? '') ?? [];
  expect(url).toMatch(new RegExp(`^${REDIRECT}\\?ticket=${ticket}&auth_token=[a-z0-9]{32}\r?$`));
  // The token for programs that look at the second parameter, and for those that take the rest of the line.
  expect(url.split('&')[1]).toBe(url.slice(url.indexOf('auth_token=')));
});

test('a form that breaks off signs nobody in', async () => {
  const ticket = await newTicket(bridge.url, 'desktop');
  const body = `--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n${credentials.previsto}`;
  const page = await visit(pageAddress(bridge.url, ticket), {
    method: 'POST',
    headers: { 'Content-Type': 'multipart/form-data; boundary=b' },
    body,
  });
  expect([page.status, page.text.includes('Nothing is lost')]).toEqual([400, true]);
  expect(page.text).not.toContain(credentials.previsto);
  expect(await redeem('desktop', ticket)).toBe('not_logged_in');
});

test('the page has what old programs look for, and nothing of it works', async () => {
  const address = pageAddress(bridge.url, await newTicket(bridge.url, 'desktop'));
  for (const { text } of [await visit(address), await enter(address, 'wrong')]) {
    const [, comment = ''] = /<!--(.*?)-->/s.exec(text) ?? [];
    expect(/request_token = '([A-Za-z0-9]+)'/.exec(comment)?.[1]).toBe('0');
    expect(text.split("var request_token = '")).toHaveLength(2);
    expect(text).toMatch(/<form name="login_form1" method="post">/);
    expect(text).toMatch(/<button id="login_button_credentials" type="submit">/);
    expect(text).toMatch(/<input [^>]*name="login"[^>]*>/);
    expect(text).toMatch(/<input [^>]*name="password"[^>]*>/);
    expect(text).not.toMatch(/<script[^>]*>[^<]*(request_token|api_auth_success)/);
    expect(text).not.toContain('api_auth_success');
  }
  expect((await enter(address, credentials.previsto)).text).toContain('<p class="api_auth_success">');
});

test('the browser in an old program is given no script of today, and hides what the page hides', async () => {
  const { text } = await visit(pageAddress(bridge.url, await newTicket(bridge.url, 'desktop')));
  expect(text.match(/<script[^>]*>/g)).toEqual(['<script type="module">']);
  expect(text.match(/<\w+ [^>]* hidden>/g)).toHaveLength(2);
  expect(/<style>(.*)<\/style>/s.exec(text)?.[1]).toMatch(/\[hidden\] \{\s*display: none;/);
});

test('only the page of a sign-in that succeeded says so', async () => {
  const over = await visit(pageAddress(bridge.url, 'x'.repeat(32)));
  expect(over.text).toContain('This sign-in is over');
  expect(over.text).not.toContain('api_auth_success');
});
