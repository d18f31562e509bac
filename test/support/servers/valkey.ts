import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { Redis } from 'iovalkey';
import { describeWith, pathOf, type Requirement } from '../../interop/requirements.js';
import { afterwards } from '../cleanup.js';

/** A Valkey of its own, or a Redis where there is none: the protocol is the same. */
export interface TestValkey {
  /** `host:port`. */
  readonly address: string;
  /** Sends a command as the default user; gives its reply. */
  readonly send: (command: string, ...parameters: readonly string[]) => Promise<unknown>;
  /** Ends it without a word. */
  readonly kill: () => Promise<void>;
  /** Starts it anew, with nothing in it, at the same address. */
  readonly start: () => Promise<void>;
  /** Has it answer nothing, and keep its connections. */
  readonly hang: () => void;
  readonly goOn: () => void;
}

const program = pathOf('valkey-server') || pathOf('redis-server');

const valkey: Requirement = {
  what: 'a valkey-server or redis-server',
  debian: 'valkey-server or redis-server',
  probe: [program || 'valkey-server', '--version'],
};

/** A describe whose tests start Valkey; skipped, or with INTEROP=required failed, where there is none. */
export function describeWithValkey(name: string, body: () => void): void {
  describeWith([valkey], name, body);
}

/** Starts a Valkey on a free port of loopback, which is PORT in settings, without a file; it ends with the test. */
export async function startValkey(...settings: readonly string[]): Promise<TestValkey> {
  const { port, child } = await startSomewhere(settings);
  let running = child;
  const address = `127.0.0.1:${port}`;
  const kill = async () => {
    if (running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, 'exit');
    running.kill('SIGKILL');
    await ended;
  };
  afterwards(kill);
  return {
    address,
    send: async (command, ...parameters) => {
      const client = new Redis({ port, lazyConnect: true });
      try {
        return await client.call(command, ...parameters);
      } finally {
        client.disconnect();
      }
    },
    kill,
    start: async () => {
      const again = await startAt(port, settings);
      if (!again) throw new Error(`another program took port ${port}`);
      running = again;
    },
    hang: () => running.kill('SIGSTOP'),
    goOn: () => running.kill('SIGCONT'),
  };
}

async function startSomewhere(settings: readonly string[]): Promise<{ port: number; child: ChildProcess }> {
  const port = await freePort();
  const child = await startAt(port, settings);
  return child ? { port, child } : startSomewhere(settings);
}

/** Undefined where another program has the port. */
async function startAt(port: number, settings: readonly string[]): Promise<ChildProcess | undefined> {
  const parameters = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  parameters.push(...settings.map((setting) => setting.replace('PORT', `${port}`)));
  const child = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'ignore'] });
  for await (const line of createInterface(child.stdout)) {
    if (line.includes('eady to accept connections')) {
      child.stdout.resume();
      return child;
    }
  }
  return undefined;
}

/** A port of loopback that nobody has at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}
