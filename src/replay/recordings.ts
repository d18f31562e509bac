import { stat } from 'node:fs/promises';
import { messageOf } from '../shared/errors.js';
import { type ReadingEvents, type RecordedCall, type RecordingFile, readRecording } from './recording.js';

export interface Recordings {
  /** How many bytes they have together. */
  readonly bytes: number;
  readonly calls: AsyncIterable<RecordedCall>;
}

/**
 * The calls of several recordings, one after the other. Throws an Error with one line for the operator where one is not
 * there; reading does where one is no HAR, and at the end where there was no call at all.
 */
export async function readRecordings(paths: readonly string[], events: ReadingEvents): Promise<Recordings> {
  const files = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        ({ size }) => ({ path, size }),
        (error: unknown) => {
          throw new Error(`cannot read ${path} (${messageOf(error)}); name a recording`);
        },
      ),
    ),
  );
  return { bytes: files.reduce((sum, { size }) => sum + size, 0), calls: callsIn(files, events) };
}

async function* callsIn(files: readonly RecordingFile[], events: ReadingEvents): AsyncGenerator<RecordedCall> {
  let count = 0;
  for (const file of files) {
    for await (const call of readRecording(file, events)) {
      count += 1;
      yield call;
    }
  }
  if (count === 0)
    throw new Error(`no bridge has recorded a call in ${files.map(({ path }) => path).join(', ')}; name a recording`);
}
