import { isAbsolute, join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { run } from '../../src/cli/program.js';
import type { Ended, ProcessOptions } from './servers/process.js';

/** Runs a command in the process of the tests, in this folder, with `input` on standard input. */
export async function runCommand(
  { cwd, env = {} }: Pick<ProcessOptions, 'cwd' | 'env'>,
  args: readonly string[],
  input: string | Buffer = '',
): Promise<Ended> {
  const [stdout, stderr] = [collect(), collect()];
  const code = await run(args, {
    stdin: Readable.from(input.length === 0 ? [] : [Buffer.from(input)]),
    stdout: stdout.stream,
    stderr: stderr.stream,
    variables: env,
    pathOf: (file) => (isAbsolute(file) ? file : join(cwd, file)),
  });
  return { code, signal: null, stdout: stdout.text(), stderr: stderr.text() };
}

function collect() {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString() };
}
