import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { type Command, InvalidArgumentError } from 'commander';
import type { AdminConfig } from '../config/config.js';
import type { CommandLine } from './command-line.js';
import { whyNoAnswer } from './no-answer.js';

interface ReloadOptions {
  readonly config?: string;
  readonly admin?: string;
  readonly json?: boolean;
}

/** `boxbridge reload`: has a running bridge of this machine read its configuration again, and tells what came of it. */
export function addReloadCommand(
  program: Command,
  { configurations: { loadConfig }, print, setFailed }: CommandLine,
): void {
  const command = program
    .command('reload')
    .description('have a running bridge read its configuration again, without losing a call')
    .option('--config <file>', 'its configuration, which names its `admin` listener')
    .option('--admin <url>', 'its `admin` listener, such as http://127.0.0.1:9464', toUrl)
    .option('--json', 'print {"problems": []}, with a text for each problem');
  command.action(async ({ config: file, admin, json = false }: ReloadOptions) => {
    if (file === undefined && admin === undefined)
      return command.error('error: name the bridge by --config or --admin');
    const url = admin ?? adminUrl(file ?? '', (await loadConfig(file ?? '')).admin);
    const problems = await reload(url);
    if (json) print(JSON.stringify({ problems }));
    if (json && problems.length > 0) setFailed();
    else if (problems.length > 0) throw new Error(problems.join('\n'));
    else if (!json) print('The configuration was read again and is in use');
  });
}

function toUrl(url: string): string {
  if (!/^http:\/\/[^/]/i.test(url) || !URL.canParse(url)) throw new InvalidArgumentError('It begins with http://.');
  return new URL(url).origin;
}

/** Where a program of the same machine finds an `admin` listener. */
function adminUrl(file: string, admin: AdminConfig | undefined): string {
  if (!admin) {
    throw new Error(
      `${file} has no \`admin\` listener that could be asked; send SIGHUP to the bridge, whose log has what comes of it, or add \`admin: {}\` and restart it`,
    );
  }
  const everywhere: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  const host = everywhere[admin.host] ?? admin.host;
  return `http://${host.includes(':') ? `[${host}]` : host}:${admin.port}`;
}

/** How long a bridge may take, in milliseconds: its workers take the configuration one after the other. */
const TIMEOUT_MS = 300_000;

/** Gives why a configuration is refused, nothing where it is in use. Throws an Error with one line where nobody tells. */
async function reload(url: string): Promise<readonly string[]> {
  const { status, body } = await post(`${url}/-/reload`).catch((error: unknown) => {
    const why = whyNoAnswer(error, TIMEOUT_MS);
    throw new Error(`no bridge answers at ${url} (${why}); start it, or name its admin listener by --admin`);
  });
  const problems = problemsIn(body);
  if (problems) return problems;
  throw new Error(
    `what answers at ${url} does not reload (HTTP ${status}); name the admin listener of a bridge by --admin`,
  );
}

function post(url: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request(url, { method: 'POST', agent: false, signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) => {
      const { statusCode: status = 0 } = response;
      text(response).then((body) => resolve({ status, body }), reject);
    })
      .on('error', reject)
      .end();
  });
}

function problemsIn(body: string): readonly string[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('problems' in value)) return undefined;
  const { problems } = value;
  return Array.isArray(problems) ? problems.map(String) : undefined;
}
