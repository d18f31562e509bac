import { type Command, InvalidArgumentError } from 'commander';
import type { ReplayResult } from '../replay/replay.js';
import type { CommandLine } from './command-line.js';

interface Options {
  readonly to: string;
  readonly primary?: string;
  readonly tokens?: string;
  readonly writes?: boolean;
  readonly json?: boolean;
}

/** `boxbridge replay`: sends the calls of recordings again, and shows what is answered otherwise. */
export function addReplayCommand(program: Command, { stderr, pathOf, print, tell, setFailed }: CommandLine): void {
  const command = program
    .command('replay')
    .description('send the calls of recordings again, and show by action and element what is answered otherwise')
    .argument('<files...>', 'recordings: HAR files that `record` of a configuration has made')
    .requiredOption('--to <url>', 'the bridge that they are sent to', toBase)
    .option(
      '--primary <url>',
      'compare with this bridge, not with the recorded replies; leave out its own noise',
      toBase,
    )
    .option('--tokens <file>', 'the secrets behind digests, as `boxbridge digest` prints them')
    .option('--writes', 'send calls too that may change something')
    .option('--json', 'print the result as JSON');
  command.action(async (files: string[], { to, primary, tokens, writes = false, json }: Options) => {
    if (writes && primary !== undefined)
      return command.error('error: --writes with --primary would do everything three times; name one of them');
    const [{ replay }, { readRecordings }, { readSecrets }, { createProgress }] = await Promise.all([
      import('../replay/replay.js'),
      import('../replay/recordings.js'),
      import('../replay/secrets.js'),
      import('./progress.js'),
    ]);
    const secrets = tokens === undefined ? new Map<string, string>() : await readSecrets(pathOf(tokens));
    const notes: string[] = [];
    const { bytes, calls } = await readRecordings(files.map(pathOf), {
      onBytes: (read) => progress.advance(read),
      onNote: (note) => void notes.push(note),
    });
    const progress = createProgress('replay', bytes, stderr);
    const result = await replay(calls, { to, primary, writes, secrets }).finally(progress.stop);
    for (const note of notes) tell(note);
    print(json ? JSON.stringify({ ...result, notes }, null, 2) : textOf(result, to));
    if (result.differences.length > 0) setFailed();
  });
}

function textOf({ sent, writes, differences, noise, failure }: ReplayResult, to: string): string {
  const rows = (what: string, list: ReplayResult['differences']) =>
    list.map(
      ({ action, element, calls, example }) => `${what}\t${action}\t${element}\tin ${calls}, such as ${example}`,
    );
  return [
    `calls sent to ${to}: ${sent}`,
    ...(writes > 0 ? [`not sent, since they may change something (--writes sends them): ${writes}`] : []),
    ...(failure === undefined ? [] : [`not all were answered: ${failure}`]),
    `elements that differ: ${differences.length}`,
    ...rows('differs', differences),
    ...rows('noise', noise),
  ].join('\n');
}

function toBase(text: string): string {
  if (!/^https?:\/\/[^/?#]+\/*$/i.test(text) || !URL.canParse(text))
    throw new InvalidArgumentError('Write http or https, a host and a port, such as http://127.0.0.1:8080.');
  return text.replace(/\/+$/, '');
}
