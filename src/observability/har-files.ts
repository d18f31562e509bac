import { type FileHandle, open, rm } from 'node:fs/promises';
import { codeOf } from '../shared/errors.js';
import { version } from '../shared/version.js';
import { HAR_END, HAR_SEPARATOR, harHead } from './har.js';

/** The files of a recording, one for each hour. */
export interface HarFiles {
  /**
   * Appends entries to the file of an hour, and ends that of another. Rejects with the error of the file system; the
   * entries are then not in the file.
   */
  readonly append: (hour: string, entries: readonly string[]) => Promise<void>;
  /** Ends the document that was written last. Rejects with the error of the file system. */
  readonly close: () => Promise<void>;
}

/** A file that is being written. */
interface OpenFile {
  readonly hour: string;
  readonly handle: FileHandle;
  /** Bytes, all of them whole entries. */
  size: number;
  isEmpty: boolean;
}

/**
 * Writes files `PREFIX-HOUR.har`, or where there is one already, `PREFIX-HOUR-2.har` and so on: no process writes to the
 * file of another. Only their owner may read them.
 */
export function createHarFiles(prefix: string): HarFiles {
  let current: OpenFile | undefined;

  const close = async () => {
    const ended = current;
    current = undefined;
    if (!ended) return;
    try {
      await ended.handle.appendFile(HAR_END);
    } finally {
      await ended.handle.close();
    }
  };

  const fileOf = async (hour: string): Promise<OpenFile> => {
    if (current?.hour === hour) return current;
    // Without its end, a document can still be read.
    await close().catch(() => {});
    current = await openNew(prefix, hour);
    return current;
  };

  return {
    append: async (hour, entries) => {
      const file = await fileOf(hour);
      const text = (file.isEmpty ? '' : HAR_SEPARATOR) + entries.join(HAR_SEPARATOR);
      try {
        await file.handle.appendFile(text);
      } catch (error) {
        // A part of them may be written. Where it cannot be taken back, the next calls go to another file.
        await file.handle.truncate(file.size).catch(() => {
          current = undefined;
          return file.handle.close();
        });
        throw error;
      }
      file.size += Buffer.byteLength(text);
      file.isEmpty = false;
    },
    close,
  };
}

/** Opens the first file of an hour that is not there yet, with the head of its document. */
async function openNew(prefix: string, hour: string): Promise<OpenFile> {
  for (let number = 1; ; number += 1) {
    const path = `${prefix}-${hour}${number === 1 ? '' : `-${number}`}.har`;
    const handle = await open(path, 'ax', 0o600).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
    if (!handle) continue;
    const head = harHead(version);
    try {
      await handle.appendFile(head);
    } catch (error) {
      await handle.close();
      await rm(path, { force: true });
      throw error;
    }
    return { hour, handle, size: Buffer.byteLength(head), isEmpty: true };
  }
}
