import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from '../../../src/shared/errors.js';

export interface Load {
  readonly bridge: string;
  readonly apiKeys: readonly string[];
  /** The callers of each api_key; each has a connection and an auth_token. */
  readonly callers: number;
  /** From the beginning of a call to the beginning of the next of the same caller. */
  readonly paceMs: number;
  readonly durationMs: number;
}

/** What the callers of an api_key got; in milliseconds. A call that was under way at the end counts with its time. */
export interface Measured {
  readonly calls: number;
  readonly succeeded: number;
  readonly median: number;
  readonly slowest: number;
}

/** Calls a bridge as many old programs do, each in its own steady pace. */
export async function measure(load: Load): Promise<Record<string, Measured>> {
  const { bridge, apiKeys, callers, paceMs, durationMs } = load;
  const end = performance.now() + durationMs;
  const entries = apiKeys.map(async (apiKey) => {
    const agent = new Agent({ keepAlive: true, maxSockets: callers });
    const over = setTimeout(() => agent.destroy(), durationMs + 2000);
    const times: number[] = [];
    let succeeded = 0;
    const caller = async (_: unknown, index: number) => {
      const url = `${bridge}/api/1.0/rest?action=get_account_info&api_key=${apiKey}&auth_token=token-${index}`;
      await sleep((paceMs * index) / callers);
      while (performance.now() < end) {
        const begin = performance.now();
        if (await answers(url, agent)) succeeded += 1;
        const took = performance.now() - begin;
        times.push(took);
        await sleep(Math.max(0, Math.min(paceMs - took, end - performance.now())));
      }
    };
    await Promise.all(Array.from({ length: callers }, caller));
    clearTimeout(over);
    agent.destroy();
    times.sort((a, b) => a - b);
    const median = times[Math.floor(times.length / 2)] ?? 0;
    return [apiKey, { calls: times.length, succeeded, median, slowest: times.at(-1) ?? 0 }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

function answers(url: string, agent: Agent): Promise<boolean> {
  return new Promise((resolve) => {
    const sent = request(url, { agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('close', () => resolve(response.statusCode === 200 && text.includes('get_account_info_ok')));
    });
    // The server closed a kept-alive connection in the same moment: repeated on another one, as browsers do.
    const again = (error: unknown) => sent.reusedSocket && codeOf(error) === 'ECONNRESET';
    sent.on('error', (error) => resolve(again(error) ? answers(url, agent) : false)).end();
  });
}
