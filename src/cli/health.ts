import { get } from 'node:http';
import type { Command } from 'commander';
import { type AddressOptions, toHost, toPort } from './arguments.js';
import type { CommandLine } from './command-line.js';
import { CONFIG_OPTION } from './load-config.js';
import { localUrl } from './local-url.js';
import { whyNoAnswer } from './no-answer.js';

/** Milliseconds to wait for the answer. */
const TIMEOUT_MS = 2000;

/** Where a bridge listens that nobody tells anything else. */
const UNTOLD = { host: '127.0.0.1', port: 8080 };

interface HealthOptions extends AddressOptions {
  readonly config?: string;
}

/** `boxbridge health`: whether the bridge of this machine answers where its callers are, for HEALTHCHECK and the like. */
export function addHealthCommand(program: Command, { configurations, print }: CommandLine): void {
  program
    .command('health')
    .description('say whether a bridge on this machine answers callers; takes the options that serve was given')
    .option(...CONFIG_OPTION)
    .option('--host <host>', 'it listens here, whatever the configuration says', toHost)
    .option('--port <port>', 'it listens on this port', toPort)
    .action(async ({ config: file, ...address }: HealthOptions) => {
      const chosen = configurations.choose(file);
      const { listen } = chosen ? await configurations.load(chosen) : { listen: UNTOLD };
      const url = `${localUrl({ ...listen, ...address })}/healthz`;
      const status = await statusOf(url);
      if (status !== 200) throw new Error(`${url} answers with ${status}; look into the log of the bridge`);
      print(`${url} answers`);
    });
}

/** The status of the reply. Throws an Error with one line for the operator where there is none. */
function statusOf(url: string): Promise<number | undefined> {
  return new Promise<number | undefined>((resolve, reject) => {
    get(url, { agent: false, signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  }).catch((error: unknown) => {
    const why = whyNoAnswer(error, TIMEOUT_MS);
    throw new Error(`${url} does not answer (${why}); start the bridge, or name its --config or --port`);
  });
}
