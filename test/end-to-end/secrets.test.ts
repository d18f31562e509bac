import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openSqlite } from '../../src/store/sqlite.js';
import { encodings } from '../support/cases/encodings.js';
import { afterwards } from '../support/cleanup.js';
import { callBridge, type Format, formats } from '../support/clients/legacy.js';
import { runCommand } from '../support/command.js';
import { enter, newTicket, pageAddress } from '../support/servers/modern-apis.js';
import { adminOf, startServing } from '../support/servers/served.js';
import { startUpstream } from '../support/servers/upstream.js';

const secrets: string[] = [];

/** A secret that occurs nowhere by chance. */
function canary(what: string): string {
  const secret = `${what}${randomBytes(12).toString('hex')}`;
  secrets.push(secret);
  return secret;
}

/** Sends bytes that may be no request at all, and reads what comes back. */
async function raw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = createConnection(Number(port), hostname);
  let text = '';
  socket.setEncoding('latin1').on('data', (part) => {
    text += part;
  });
  socket.end(bytes);
  await once(socket, 'close');
  return text;
}

/** It is long, not slow: a busy machine takes several times as long. */
const TIMEOUT_MS = 180_000;

test(
  'no secret of a request leaves the bridge, but to its modern API',
  async () => {
    const spans: string[] = [];
    const collector = await startUpstream((request, response) => {
      request.on('data', (part: Buffer) => spans.push(part.toString('latin1')));
      request.on('end', () => response.end());
    });
    afterwards(collector.close);
    const good = canary('good');
    // Echoes the credential, and fails in every way.
    const upstream = await startUpstream((request, response) => {
      const sent = request.headers.authorization ?? '';
      const credential = sent.startsWith('Bearer ')
        ? sent
        : Buffer.from(sent.replace('Basic ', ''), 'base64').toString();
      if (credential.includes('silent')) return request.socket.destroy();
      const isRefused = credential.includes('odd') && request.method !== 'GET';
      const isGood = credential.includes(good) || credential.includes('odd');
      const status = isRefused ? 400 : isGood ? 200 : credential.includes('down') ? 500 : 401;
      response.writeHead(status, { 'Content-Type': 'application/json' });
      response.end(
        JSON.stringify({
          ...{ id: 'a', login: 'l', email: 'e@example.com', message: `no such ${credential}, ${sent}` },
          // A refusal of Box.
          ...{ type: 'error', status, code: credential, context_info: { errors: [{ name: 'name', message: sent }] } },
        }),
      );
    });
    afterwards(upstream.close);
    const token = canary('token');
    const password = canary('pass+w%rd!');
    // Gives a token for the password, and echoes everything.
    const withLogin = await startUpstream((request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => {
        body += part.toString();
      });
      request.on('end', () => {
        const sent = request.headers.authorization ?? Object.fromEntries(new URLSearchParams(body)).password ?? '';
        const isKnown = sent === password || sent === `Token ${token}`;
        const status = isKnown ? 200 : sent.includes('down') ? 500 : request.method === 'POST' ? 400 : 401;
        const echo = `no such ${sent}, ${body}`;
        response.writeHead(status, { 'Content-Type': 'application/json' });
        response.end(
          JSON.stringify(isKnown ? { token, email: 'e@auth.local' } : { detail: echo, non_field_errors: [echo] }),
        );
      });
    });
    afterwards(withLogin.close);
    const key = canary('key');
    const loginKey = canary('login-key');
    const vaultKey = canary('vault');
    const boxKey = canary('box');
    const proxySecret = canary('proxy');
    const serverKey = randomBytes(32).toString('base64');
    secrets.push(serverKey.slice(0, 40));
    const application = { provider: 'previsto', base_url: upstream.url };
    const bridge = await startServing(
      {
        admin: { port: 0 },
        applications: [
          { ...application, api_key: key, name: 'one' },
          { ...application, api_key: vaultKey, name: 'two', credentials: 'vault' },
          { provider: 'seatable', base_url: withLogin.url, api_key: loginKey, name: 'three', credentials: 'vault' },
          { ...application, provider: 'box', api_key: boxKey, name: 'four' },
        ],
      },
      {
        args: ['--workers', '2'],
        env: {
          BOXBRIDGE_KEY: serverKey,
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
          https_proxy: `http://user:${proxySecret}@127.0.0.1:1`,
        },
      },
    );
    const { url, child, folder } = bridge;
    const admin = await adminOf(bridge);
    const live = collect(await fetch(`${admin}/console/calls/events`));
    const replies: string[] = [];
    /** Of the sign-ins with a name and a password. */
    const statuses: string[] = [];

    const tokens = [good, canary('bad'), canary('down'), canary('silent')];
    const callIn = async (format: Format) => {
      for (const token of [...tokens, canary('odd')]) {
        for (const action of ['get_account_info', 'update_account']) {
          const reply = await callBridge(url, format, action, [
            ['api_key', boxKey],
            ['auth_token', token],
            ['name', 'N'],
          ]);
          // The attributes of an account are what the modern API says, which here is the credential of its own caller.
          replies.push(JSON.stringify({ ...reply, result: { ...reply.result, account: undefined } }));
        }
      }
      for (const token of tokens) {
        for (const apiKey of [key, canary('unknown')]) {
          const reply = await callBridge(url, format, 'get_account_info', [
            ['api_key', apiKey],
            ['auth_token', token],
            [canary('name'), canary('value')],
          ]);
          replies.push(JSON.stringify(reply));
        }
      }
      for (const apiKey of [key, vaultKey]) {
        for (const password of [good, canary('wrong'), canary('down'), canary('silent')]) {
          const reply = await callBridge(url, format, 'authorization', [
            ['api_key', apiKey],
            ['login', canary('login')],
            ['password', password],
          ]);
          // What was issued is for the caller alone, and what was the caller's own it gets back.
          const { auth_token: issued, ...rest } = reply.result;
          if (apiKey === vaultKey && reply.status === 'logged') secrets.push(String(issued));
          replies.push(JSON.stringify({ ...reply, result: rest }));
        }
      }
      for (const secret of [password, canary('wrong'), canary('down')]) {
        const reply = await callBridge(url, format, 'authorization', [
          ['api_key', loginKey],
          ['login', canary('login')],
          ['password', secret],
        ]);
        const { auth_token: issued, ...rest } = reply.result;
        statuses.push(reply.status);
        if (reply.status === 'logged') secrets.push(String(issued));
        replies.push(JSON.stringify({ ...reply, result: rest }));
      }
      const path = `/api/1.0/${format}`;
      const secret = canary('broken');
      for (const body of [`<a>${secret}`, `<!DOCTYPE ${secret}><a/>`, `api_key=${secret}`, `${secret}`]) {
        const response = await fetch(`${url}${path}`, {
          method: 'POST',
          body,
          headers: { Authorization: canary('authorization'), Cookie: canary('cookie') },
        });
        replies.push(JSON.stringify([...response.headers]), await response.text());
      }
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const response = await fetch(`${url}${path}/${canary('path')}?api_key=${canary('query')}`, { method });
        replies.push(JSON.stringify([...response.headers]), await response.text());
      }
      replies.push(await raw(url, `GET ${path}?auth_token=${canary('raw')} HTTP/1.1\r\n${canary('head')}\r\n\r\n`));
    };
    // Much of it is waiting for another try of what failed.
    await Promise.all(formats.map(callIn));
    const page = pageAddress(url, await newTicket(url, vaultKey));
    secrets.push(page.split('/').at(-1) ?? '');
    for (const entered of [canary('wrong'), canary('down'), good]) replies.push((await enter(page, entered)).text);
    const loginPage = pageAddress(url, await newTicket(url, loginKey));
    secrets.push(loginPage.split('/').at(-1) ?? '');
    for (const entered of [canary('wrong'), canary('down'), password]) {
      const body = new URLSearchParams({ login: canary('login'), password: entered });
      replies.push(await (await fetch(loginPage, { method: 'POST', body })).text());
    }
    expect(replies.at(-1)).toContain('You are signed in');
    const gone = await fetch(`${url}/api/1.0/auth/${canary('ticket')}`);
    replies.push(await gone.text());
    const metrics = await (await fetch(`${admin}/metrics`)).text();
    const pages = await pagesOf(admin, [...metrics.matchAll(/^boxbridge_calls_total\{.*\} (\d+)$/gm)]);
    const workers = [...new Set(child.stderr().match(/(?<="pid":)\d+/g))];
    const lines = await Promise.all([child.pid, ...workers].map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1')));
    child.kill('SIGTERM');
    const { code, stdout, stderr } = await child.end;
    expect(code).toBe(0);

    const store = openSqlite(join(folder, 'bridge.db'));
    const ledger = await store.ledger(0);
    await store.close();
    const reports = await Promise.all(
      ['usage', 'gaps'].flatMap((command) =>
        [[], ['--json']].map((args) => runCommand({ cwd: folder }, [command, '--config', 'bridge.yaml', ...args])),
      ),
    );

    expect(stderr).toContain('"status":"get_account_info_ok"');
    expect(stderr).toContain('"outcome":"signed in"');
    expect(stderr).toContain('"status":"logged"');
    expect(new Set(statuses)).toEqual(new Set(['logged', 'invalid_login', 'service_unavailable']));
    expect(metrics).toContain('boxbridge_calls_total');
    expect(spans.length).toBeGreaterThan(0);
    expect(new Set(ledger.map(({ kind }) => kind))).toEqual(new Set(['action', 'parameter', 'path', 'envelope']));
    for (const { code: done, stdout: text } of reports)
      expect([done, text]).toEqual([0, expect.stringContaining('one')]);
    expect(await live).toContain('event:call');
    const outputs = {
      stdout,
      stderr,
      metrics,
      spans: spans.join(''),
      lines: lines.join(''),
      replies: replies.join(''),
      ledger: JSON.stringify(ledger),
      reports: JSON.stringify(reports),
      live: await live,
      pages,
    };
    expect(secrets.length).toBeGreaterThan(50);
    const found = Object.entries(outputs).flatMap(([name, text]) =>
      secrets
        .filter((secret) => encodings(secret).some((encoded) => text.includes(encoded)))
        .map((secret) => `${name}: ${secret}`),
    );
    expect(found).toEqual([]);
  },
  TIMEOUT_MS,
);

/** All that arrives of a reply, until it ends or breaks off. */
async function collect({ body }: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of body ?? []) pieces.push(piece);
  } catch {
    // The stream has no end of its own.
  }
  return Buffer.concat(pieces).toString();
}

/** The pages of the console, once it has as many calls as the metrics count. */
async function pagesOf(admin: string, counts: readonly RegExpExecArray[]): Promise<string> {
  const read = async (path: string) => (await fetch(new URL(path, admin))).text();
  const calls = counts.reduce((sum, [, count]) => sum + Number(count), 0);
  const deadline = performance.now() + 20_000;
  let opened: string[] = [];
  while (opened.length < calls) {
    if (performance.now() > deadline) throw new Error(`the console has ${opened.length} of ${calls} calls`);
    const list = await read('/console/calls');
    opened = [...new Set(list.match(/\/console\/calls\/\d+/g))];
  }
  const others = ['calls', 'calls/recent', 'applications', 'try', 'addresses'].map((path) => `/console/${path}`);
  return (await Promise.all([...others, ...opened].map(read))).join('');
}
