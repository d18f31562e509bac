import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/**
 * What a stack makes of a reply, by element name, items of lists with their place (`attributes.0.name`); a nil one is
 * `nil`. Of a fault only `fault`: its code and its text.
 */
export type Outcome = Readonly<Record<string, string>>;

/** Performs an action with parameters by name, in the order of the WSDL. */
export type Call = (action: string, parameters: Readonly<Record<string, string>>) => Promise<Outcome>;

export interface Client {
  readonly call: Call;
  readonly close: () => Promise<void>;
}

// The bridge is on this machine, whatever proxy its owner has for what is not.
process.env.no_proxy = '127.0.0.1';

/** Runs a program that makes something of a client. */
export async function run(program: string, parameters: readonly string[], cwd: string): Promise<void> {
  await promisify(execFile)(program, parameters, { timeout: 60_000, env: process.env, cwd });
}

/** The path of a client's source, which tsc does not copy to where this runs. */
export function source(file: string): string {
  return fileURLToPath(new URL(`../../../test/interop/${file}`, import.meta.url));
}

/**
 * A program that performs one call after the other. It reads a line for each: the action and then, each behind a tab,
 * `name=value` for the parameters. It prints a line for each value of the reply, `key=value`, `key=nil` or
 * `fault=<faultcode> <faultstring>`, and an empty line at the end of it. The keys of items have the list and their
 * place in it in front: `attributes.0.name`.
 */
export function startProgram(program: string, ...parameters: string[]): Client {
  const child = spawn(program, parameters, { env: process.env });
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message)).on('close', (code, signal) => resolve(`${code ?? signal}`));
  });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  child.stdin.on('error', () => {});
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    call: async (action, values) => {
      const parameters = Object.entries(values).map(([name, value]) => `\t${name}=${value}`);
      child.stdin.write(`${action}${parameters.join('')}\n`);
      const outcome: [string, string][] = [];
      for (;;) {
        const { value: line, done } = await lines.next();
        if (done) throw new Error(`${program} ended (${await ended}): ${complaints}`);
        if (line === '') return Object.fromEntries(outcome);
        const [, key, value] = /^([\w.]+)=(.*)$/.exec(line) ?? [];
        if (key === undefined || value === undefined) throw new Error(`not an outcome: ${line} ${complaints}`);
        outcome.push([key, value]);
      }
    },
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
