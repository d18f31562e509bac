import type { DatabaseSyncInstance } from '@photostructure/sqlite';

/**
 * Puts reads off to the end of the turn of the event loop, where those of many calls share a transaction: to take and give
 * back the locks of the file is most of what a read of one row costs. Gives what a read gives, or rejects with what it
 * throws.
 */
export function createReadsOfTurn(database: DatabaseSyncInstance): <T>(read: () => T) => Promise<T> {
  let waiting: (() => void)[] = [];
  const run = () => {
    const reads = waiting;
    waiting = [];
    const isShared = reads.length > 1 && database.isOpen && !database.isTransaction;
    if (isShared) database.exec('BEGIN');
    for (const read of reads) read();
    // An error of SQLite may have ended it.
    if (isShared && database.isTransaction) database.exec('COMMIT');
  };
  return (read) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(run);
      waiting.push(() => {
        try {
          resolve(read());
        } catch (error) {
          reject(error);
        }
      });
    });
}
