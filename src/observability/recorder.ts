import { dirname } from 'node:path';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { Exchange, Watch } from '../core/exchange.js';
import type { Replace } from '../core/secrets.js';
import { makeDirectory } from '../shared/directories.js';
import { messageOf } from '../shared/errors.js';
import { harEntry } from './har.js';
import { createHarFiles } from './har-files.js';
import type { Log } from './log.js';
import { maskExchange } from './masked-exchange.js';

export interface RecorderOptions {
  /** The beginning of the paths of its files. */
  readonly file: string;
  /** The share of calls that is recorded, from 0 to 1. */
  readonly sample: number;
  /** The names of the applications whose calls are recorded; absent: all calls, also those of none. */
  readonly applications?: readonly string[] | undefined;
  /** What stands for a secret: equal for equal secrets, in letters, digits and underscores. */
  readonly digest: Replace;
  readonly log: Pick<Log, 'error'>;
  /** Told how many calls were recorded, or lost because they could not be written. */
  readonly count: (outcome: 'recorded' | 'lost', calls: number) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** From 0 to below 1. */
  readonly random?: () => number;
}

/** Records calls in files. No call waits for it or fails by it. */
export interface Recorder {
  readonly watch: Watch;
  /** Writes what waits, and ends the file. Never rejects. */
  readonly close: () => Promise<void>;
}

/** How much of bodies may wait for the disk; calls beyond it are lost. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
/** How many calls are masked before others have their turn. */
const BATCH = 8;

/** Throws an Error with one line for the operator where the folder of its files cannot be made. */
export function createRecorder(options: RecorderOptions): Recorder {
  const { file, sample, applications, digest, log, count, now = Date.now, random = Math.random } = options;
  const folder = dirname(file);
  try {
    makeDirectory(folder);
  } catch (error) {
    throw new Error(`cannot make the folder ${folder} (${messageOf(error)}); change \`record.file\``);
  }
  const files = createHarFiles(file);
  const waiting: { readonly hour: string; readonly exchange: Exchange; readonly bytes: number }[] = [];
  let waitingBytes = 0;
  let writing: Promise<void> | undefined;
  /** The hour for which the log has a line already. */
  let toldFor: string | undefined;

  const lose = (calls: number, hour: string, cause: string) => {
    count('lost', calls);
    if (toldFor === hour) return;
    toldFor = hour;
    log.error({ file, cause }, 'calls are not recorded');
  };

  /** Takes the next calls of one hour. */
  const takeBatch = () => {
    const hour = waiting[0]?.hour ?? '';
    const others = waiting.findIndex((call, index) => index === BATCH || call.hour !== hour);
    const batch = waiting.splice(0, others < 0 ? waiting.length : others);
    for (const { bytes } of batch) waitingBytes -= bytes;
    return { hour, exchanges: batch.map(({ exchange }) => exchange) };
  };

  const writeAll = async () => {
    while (waiting.length > 0) {
      // After the replies of this turn.
      await endOfTurn();
      const { hour, exchanges } = takeBatch();
      try {
        const entries = exchanges.map((exchange) => harEntry(maskExchange(exchange, digest)));
        await files.append(hour, entries);
        count('recorded', entries.length);
      } catch (error) {
        lose(exchanges.length, hour, messageOf(error));
      }
    }
    writing = undefined;
  };

  return {
    watch: (exchange) => {
      if (applications && !applications.includes(exchange.application?.name ?? '')) return;
      if (random() >= sample) return;
      const hour = `${new Date(now()).toISOString().slice(0, 13)}Z`;
      const bytes = bytesOf(exchange);
      if (waitingBytes + bytes > MAX_WAITING_BYTES) return lose(1, hour, 'the disk is too slow');
      waitingBytes += bytes;
      waiting.push({ hour, exchange, bytes });
      writing ??= writeAll();
    },
    close: async () => {
      await writing;
      await files
        .close()
        .catch((error: unknown) => log.error({ file, cause: messageOf(error) }, 'a recording has no end'));
    },
  };
}

/** About the memory that a call takes while it waits. */
function bytesOf({ request, reply, upstream }: Exchange): number {
  const bodies = upstream.reduce((sum, { body, reply: got }) => sum + body.length + (got?.text.length ?? 0), 0);
  return 4096 + request.body.length + reply.body.length + bodies;
}
