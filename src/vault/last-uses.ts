import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { Store } from '../store/store.js';

/** The last uses of sessions, written for many at once: a write for each call would be the dearest part of it. */
export interface LastUses {
  /** Notes that a session is used at a time, in milliseconds since 1970. */
  readonly note: (digest: string, usedAt: number) => void;
  /** Writes what is noted. Never rejects: a use that cannot be written is forgotten, and the next one is noted again. */
  readonly write: () => Promise<void>;
}

/** How long a use may wait for being written, in milliseconds. */
const WRITE_AFTER_MS = 1000;
/** How many are written at once: few milliseconds of SQLite, which has the event loop for itself. */
const SESSIONS_PER_WRITE = 500;

export function createLastUses({ touchSessions }: Pick<Store, 'touchSessions'>): LastUses {
  const noted = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  const write = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const uses = [...noted];
    noted.clear();
    try {
      for (let n = 0; n < uses.length; n += SESSIONS_PER_WRITE) {
        if (n > 0) await endOfTurn();
        await touchSessions(uses.slice(n, n + SESSIONS_PER_WRITE));
      }
    } catch {
      // The session works without it.
    }
  };

  return {
    note: (digest, usedAt) => {
      noted.set(digest, usedAt);
      timer ??= setTimeout(() => void write(), WRITE_AFTER_MS).unref();
    },
    write,
  };
}
