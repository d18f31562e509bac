import { EventEmitter, once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { afterwards } from '../support/cleanup.js';
import { randomFrom } from '../support/random.js';
import { rounds } from '../support/rounds.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { credentials, startModernApis } from '../support/servers/modern-apis.js';
import { type Child, childrenOf, startNodeIn } from '../support/servers/process.js';
import { script, urlIn } from '../support/servers/served.js';

/** How many processes are killed; `KILLS=1000` takes some ten minutes. */
const KILLS = Number(process.env.KILLS ?? rounds(4, 12));
/** Programs that sign in and write at the same time. */
const PROGRAMS = 4;
/** Milliseconds after which a call counts as lost. */
const TIMEOUT_MS = 20_000;
/** Milliseconds between two sign-ins that are lost. */
const PACE_MS = 10;
const API_KEY = 'key';

/** Sends a request on a connection of its own; gives the text of the reply, empty where it was lost. */
function ask(url: string, form?: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((resolve) => {
    const sent = request(url, { agent: false, method: form ? 'POST' : 'GET', timeout: TIMEOUT_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('close', () => resolve(response.complete && response.statusCode === 200 ? text : ''));
    });
    sent
      .on('timeout', () => sent.destroy())
      .on('error', () => resolve(''))
      .setHeader('Content-Type', 'application/x-www-form-urlencoded');
    sent.end(form && new URLSearchParams(form).toString());
  });
}

const within = (name: string, reply: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(reply)?.[1] ?? '';

test(
  `${KILLS} kills of workers and of the whole lose no auth_token`,
  async () => {
    const random = randomFrom(13);
    const api = await startModernApis();
    afterwards(api.close);
    const { path, remove } = await temporaryFolder();
    afterwards(remove);
    const configuration = {
      listen: { port: 0 },
      store: 'sqlite:./bridge.db',
      key_file: './bridge.key',
      limits: { tickets_per_minute: 1_000_000 },
      applications: [api.application('previsto', API_KEY)],
    };
    await writeFile(join(path, 'bridge.yaml'), JSON.stringify(configuration));

    let bridge: Child | undefined;
    let url = '';
    const start = async () => {
      const options = { cwd: path, detached: true } as const;
      bridge = startNodeIn(options, script, 'serve', '--config', 'bridge.yaml', '--workers', '2');
      const { pid } = bridge;
      // The workers of a primary that was killed would end by themselves, a moment later.
      afterwards(async () => kill(-pid));
      url = urlIn(await bridge.line(/answers at/));
      return bridge;
    };
    const call = (action: string, parameters: Readonly<Record<string, string>>) =>
      ask(`${url}/api/1.0/rest`, { action, api_key: API_KEY, ...parameters });
    const statusOf = async (authToken: string) =>
      within('status', await call('get_account_info', { auth_token: authToken }));

    const events = new EventEmitter();
    const valid = new Set<string>();
    const ended = new Set<string>();
    let isOver = false;
    afterwards(async () => {
      isOver = true;
    });
    const signIn = async (): Promise<string> => {
      const ticket = within('ticket', await call('get_ticket', {}));
      if (ticket === '') return '';
      await ask(`${url}/api/1.0/auth/${ticket}`, { login: 'john', password: credentials.previsto });
      return within('auth_token', await call('get_auth_token', { ticket }));
    };
    /** Signs in, writes, and now and then signs out, until all is over. */
    const runProgram = async () => {
      for (let n = 0; !isOver; n += 1) {
        const authToken = await signIn();
        events.emit('step');
        if (authToken === '') {
          // Nobody answers while the whole starts again.
          await sleep(PACE_MS);
          continue;
        }
        valid.add(authToken);
        await call('update_account', { auth_token: authToken, name: `John ${n}` });
        events.emit('step');
        if (n % 3 > 0) continue;
        // A reply that is lost leaves in doubt whether it was done.
        valid.delete(authToken);
        if (within('status', await call('logout', { auth_token: authToken })) === 'logout_ok') ended.add(authToken);
      }
    };
    const lost = async (authTokens: readonly string[], expected: string) => {
      const statuses = await Promise.all(authTokens.map(statusOf));
      return statuses.filter((status) => status !== expected);
    };

    let running = await start();
    const programs = Array.from({ length: PROGRAMS }, runProgram);
    for (let kills = 0; kills < KILLS; kills += 1) {
      for (let steps = Math.floor(random() * 20); steps > 0; steps -= 1) await once(events, 'step');
      if (random() < 0.75) {
        const workers = await childrenOf(running.pid);
        const victim = workers[Math.floor(random() * workers.length)];
        if (victim !== undefined) kill(victim);
      } else {
        const issued = [...valid].slice(-20);
        kill(-running.pid);
        await running.end;
        running = await start();
        // Those that a program signs out meanwhile do not count.
        const statuses = await Promise.all(
          issued.map(async (each) => [valid.has(each), await statusOf(each), valid.has(each)]),
        );
        expect(
          statuses.filter(([before, status, after]) => before && after && status !== 'get_account_info_ok'),
        ).toEqual([]);
      }
    }
    isOver = true;
    await Promise.all(programs);
    // A worker that was killed a moment ago takes calls along that it had accepted.
    kill(-running.pid);
    await running.end;
    await start();
    for (const [authTokens, expected] of [
      [[...valid], 'get_account_info_ok'],
      [[...ended], 'not_logged_in'],
    ] as const) {
      for (let first = 0; first < authTokens.length; first += 50)
        expect(await lost(authTokens.slice(first, first + 50), expected)).toEqual([]);
    }
    expect(valid.size).toBeGreaterThan(0);
    process.stderr.write(`${KILLS} kills, ${valid.size} auth_tokens valid, ${ended.size} ended, none lost\n`);
  },
  60_000 + KILLS * 3000,
);

/** Kills a process, or with a negative number a process group. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
