import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { createMemoryRateLimiter } from '../../src/shared/rate-limiter.js';
import { limitsStoreProblem, openRates } from '../../src/store/limits-store.js';
import { afterwards } from '../support/cleanup.js';
import { temporaryFolder } from '../support/servers/bridge.js';
import { createAuthority, store } from '../support/servers/certificates.js';
import { startNodeIn } from '../support/servers/process.js';
import { describeWithValkey, freePort, startValkey } from '../support/servers/valkey.js';
import { until } from '../support/until.js';

const minute = (points: number) => ({ name: 'calls', points, seconds: 60 });

/** Rates as a node has them, with what it heard of their store. */
async function openNode(url: string) {
  const heard: string[] = [];
  const rates = await openRates(url, createMemoryRateLimiter, (name, state, cause) => {
    heard.push(cause === undefined ? `${name} ${state}` : `${name} ${state}: ${cause}`);
  });
  afterwards(rates.close);
  return {
    heard,
    rate: (points: number) => {
      const rate = rates.createRate(minute(points));
      return { take: (key = 'key') => rate.consume(key).then(() => true, isFull) };
    },
  };
}

/** False for a rate that is used up; whatever else is wrong is thrown. */
function isFull(error: unknown): false {
  expect(error).toMatchObject({ msBeforeNext: expect.any(Number) });
  return false;
}

const admitted = (taken: readonly boolean[]) => taken.filter(Boolean).length;
const times = <T>(count: number, work: () => Promise<T>) => Promise.all(Array.from({ length: count }, () => work()));

describeWithValkey('rates in Valkey', () => {
  test('three nodes admit as many in all as one would', async () => {
    const { address } = await startValkey();
    const nodes = await times(3, () => openNode(`valkey://${address}`));
    const rates = nodes.map(({ rate }) => rate(600));
    const taken = await Promise.all(rates.map(({ take }) => times(600, take)));
    expect(admitted(taken.flat())).toBe(600);
    expect(await Promise.all(rates.map(({ take }) => take('another')))).toEqual([true, true, true]);
    expect(nodes.map(({ heard }) => heard)).toEqual(Array(3).fill([`${address} counts`]));
  });

  test('what is used up is not asked for again, and nothing tells whose it is', async () => {
    const { address, send } = await startValkey();
    const { take } = (await openNode(`redis://${address}`)).rate(2);
    expect(await times(3, () => take('203.0.113.7'))).toEqual([true, true, false]);
    const calls = async () => /cmdstat_evalsha:calls=(\d+)/.exec(String(await send('INFO', 'commandstats')))?.[1];
    const before = await calls();
    expect(admitted(await times(50, () => take('203.0.113.7')))).toBe(0);
    expect(Number(before)).toBeGreaterThan(1);
    expect(await calls()).toBe(before);
    const keys = await send('KEYS', '*');
    expect(keys).toHaveLength(2);
    expect(String(keys)).not.toContain('203.0.113.7');
  });

  test('what is used up is so until its window ends, also by a clock that is set back meanwhile', async () => {
    const { address } = await startValkey();
    const rates = await openRates(`valkey://${address}`, createMemoryRateLimiter, () => {});
    afterwards(rates.close);
    const rate = rates.createRate({ name: 'short', points: 1, seconds: 1 });
    const take = () => rate.consume('key').then(() => true, isFull);
    await until(async () => !(await take()));
    const real = Date.now;
    const set = jest.spyOn(Date, 'now').mockImplementation(() => real() - 3_600_000);
    afterwards(async () => set.mockRestore());
    await until(take);
  });

  test('killed, each node counts for itself at once; back again, all together', async () => {
    const { address, kill, start } = await startValkey();
    const nodes = await times(2, () => openNode(`valkey://${address}`));
    const [one, other] = nodes.map(({ rate }) => rate(3));
    expect(await Promise.all([one?.take(), one?.take(), other?.take(), other?.take()])).toContain(false);
    const inFlight = nodes.map(({ rate }) => times(100, () => rate(100).take('in flight')));
    await kill();
    expect(admitted((await Promise.all(inFlight)).flat())).toBeGreaterThanOrEqual(100);
    for (const { heard, rate } of nodes) {
      await until(() => heard.length === 2);
      const alone = rate(4);
      const begin = performance.now();
      expect(await times(5, alone.take)).toEqual([true, true, true, true, false]);
      expect(performance.now() - begin).toBeLessThan(400);
      expect(heard[1]).toContain('away');
    }
    await start();
    for (const { heard } of nodes) await until(() => heard.length === 3);
    const together = nodes.map(({ rate }) => rate(5));
    expect(admitted((await Promise.all(together.map(({ take }) => times(5, take)))).flat())).toBe(5);
    expect(nodes.map(({ heard }) => heard[2])).toEqual(Array(2).fill(`${address} counts`));
  });

  test('ended while nothing is asked of it, it is away because the connection was closed', async () => {
    const { address, kill } = await startValkey();
    const { heard } = await openNode(`valkey://${address}`);
    await kill();
    await until(() => heard.length === 2);
    expect(heard[1]).toBe(`${address} away: the connection was closed`);
  });

  test('hanging, it costs a moment once, and nothing until it goes on', async () => {
    const { address, hang, goOn } = await startValkey();
    const { heard, rate } = await openNode(`valkey://${address}`);
    const { take } = rate(1e9);
    expect(await take()).toBe(true);
    hang();
    const begin = performance.now();
    expect(await times(10, take)).toEqual(Array(10).fill(true));
    expect(performance.now() - begin).toBeLessThan(4000);
    await until(() => heard.length === 2);
    expect(heard[1]).toContain(`${address} away: Socket timeout`);
    // Longer than a new connection is tried, and fails.
    const until2s = performance.now() + 2000;
    let worst = 0;
    while (performance.now() < until2s) {
      const from = performance.now();
      expect(await take()).toBe(true);
      worst = Math.max(worst, performance.now() - from);
    }
    expect(worst).toBeLessThan(400);
    expect(heard).toHaveLength(2);
    goOn();
    await until(() => heard.length === 3);
    expect(heard[2]).toBe(`${address} counts`);
  });

  test('out of memory, it is away until it has some', async () => {
    const { address, send } = await startValkey('--maxmemory-policy', 'noeviction');
    const { heard, rate } = await openNode(`valkey://${address}`);
    await send('CONFIG', 'SET', 'maxmemory', '1');
    expect(await times(3, rate(2).take)).toEqual([true, true, false]);
    await until(() => heard.length === 2);
    expect(heard[1]).toContain('away: OOM');
    await send('CONFIG', 'SET', 'maxmemory', '0');
    await until(() => heard.length === 3);
  });

  test('its scripts may be forgotten', async () => {
    const { address, send } = await startValkey();
    const { heard, rate } = await openNode(`valkey://${address}`);
    const { take } = rate(2);
    expect(await take()).toBe(true);
    await send('SCRIPT', 'FLUSH');
    expect([await take(), await take()]).toEqual([true, false]);
    expect(heard).toEqual([`${address} counts`]);
  });

  test('users, passwords and databases', async () => {
    const { address, send } = await startValkey();
    await send(
      'ACL',
      'SETUSER',
      'bridge',
      'on',
      '>p/w @%',
      '~boxbridge:*',
      '+eval',
      '+evalsha',
      '+set',
      '+incrby',
      '+pttl',
      '+select',
    );
    await send('ACL', 'SETUSER', 'reader', 'on', '>hush', '~*', '+@read');
    const good = await openNode(`valkey://bridge:p%2Fw%20%40%25@${address}/3`);
    expect(await times(2, good.rate(1).take)).toEqual([true, false]);
    expect(good.heard).toEqual([`${address}/3 counts`]);
    expect(await times(2, (await openNode(`valkey://${address}`)).rate(1).take)).toEqual([true, false]);
    expect(await limitsStoreProblem(`valkey://bridge:p%2Fw%20%40%25@${address}`)).toBeUndefined();
    const problems = [
      await limitsStoreProblem(`valkey://bridge:hush@${address}`),
      await limitsStoreProblem(`valkey://reader:hush@${address}`),
      await limitsStoreProblem(`valkey://${address}/99`),
      await limitsStoreProblem(`valkeys://${address}`),
    ];
    expect(problems).toEqual(
      ['WRONGPASS', 'NOPERM', 'ERR DB index is out of range', ''].map((why, n) =>
        expect.stringContaining(`the limits_store ${address}${n === 2 ? '/99' : ''} cannot be used (${why}`),
      ),
    );
    expect(problems.join()).not.toContain('hush');
  });

  test('over TLS, with a certificate of an authority that Node.js is told', async () => {
    const { path, remove } = await temporaryFolder();
    afterwards(remove);
    const authority = await createAuthority('Valkey');
    await store(path, 'server', await authority.issue('server', 'localhost'));
    await store(path, 'ca', authority);
    const file = (name: string) => join(path, name);
    const { address } = await startValkey(
      ...['--port', '0', '--tls-port', 'PORT', '--tls-auth-clients', 'no'],
      ...[
        '--tls-cert-file',
        file('server.pem'),
        '--tls-key-file',
        file('server.key'),
        '--tls-ca-cert-file',
        file('ca.pem'),
      ],
    );
    const url = `valkeys://${address.replace('127.0.0.1', 'localhost')}`;
    expect(await limitsStoreProblem(url)).toMatch(/cannot be used \(.*certificate/);
    const module = new URL('../../src/store/limits-store.js', import.meta.url);
    const ask = `const { limitsStoreProblem } = await import('${module}'); console.log(await limitsStoreProblem('${url}'))`;
    const child = startNodeIn(
      { cwd: path, env: { NODE_EXTRA_CA_CERTS: file('ca.pem') } },
      ...['--input-type=module', '-e', ask],
    );
    expect((await child.end).stdout).toBe('undefined\n');
  });
});

test('not there at the start, each node counts for itself', async () => {
  const port = await freePort();
  const { heard, rate } = await openNode(`valkey://127.0.0.1:${port}`);
  expect(heard).toEqual([`127.0.0.1:${port} away: connect ECONNREFUSED 127.0.0.1:${port}`]);
  expect(await times(3, rate(2).take)).toEqual([true, true, false]);
});
