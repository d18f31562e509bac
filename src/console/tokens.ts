import type { KnownSession, SessionPosition, Store } from '../store/store.js';

/** Some sessions, and where the next ones begin. */
interface SessionList {
  readonly sessions: readonly KnownSession[];
  /** Undefined where there are no more. */
  readonly next: SessionPosition | undefined;
}

/** How many a page shows. */
const MAX_SHOWN = 100;
/** How many pages of the store are read for it: of what is rare among many, a page shows fewer. */
const MAX_PAGES = 20;

/** The wanted sessions after a position, the oldest first. */
export async function listSessions(
  { sessions: pageAfter }: Pick<Store, 'sessions'>,
  isWanted: (session: KnownSession) => boolean,
  after: SessionPosition | undefined,
): Promise<SessionList> {
  const sessions: KnownSession[] = [];
  let position = after;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const page = await pageAfter(position);
    if (page.length === 0) return { sessions, next: undefined };
    for (const session of page) {
      if (sessions.length === MAX_SHOWN) return { sessions, next: position };
      if (isWanted(session)) sessions.push(session);
      position = session;
    }
  }
  return { sessions, next: position };
}

/** A position as a text for URLs. */
export function positionText({ createdAt, digest }: SessionPosition): string {
  return `${createdAt}.${digest}`;
}

/** The position of such a text; undefined where it is none. */
export function positionIn(text: string): SessionPosition | undefined {
  const [, createdAt, digest = ''] = /^(\d{1,15})\.([\w=+/-]{1,128})$/.exec(text) ?? [];
  return createdAt === undefined ? undefined : { createdAt: Number(createdAt), digest };
}
