import type { RequestListener } from 'node:http';
import type { Console, ConsoleParts } from '../console/router.js';
import type { AdminParts } from '../http/health.js';
import { type Listener, listen } from '../http/listener.js';

interface AdminAddress {
  readonly host: string;
  readonly port: number;
  /** Whether it takes a free port where it cannot have this one. */
  readonly orFreePort: boolean | undefined;
}

export interface AdminListener extends Listener {
  /** Shows another console in the place of the one that there is. Without one, or for none, it does nothing. */
  readonly showConsole: (parts: ConsoleParts | undefined) => void;
}

/** The `admin` listener, with a console if there is one. Throws an Error with one line for the operator where it cannot listen. */
export async function listenAdmin(
  parts: AdminParts,
  { host, port, orFreePort = false }: AdminAddress,
  consoleParts?: ConsoleParts,
): Promise<AdminListener> {
  const open = (app: RequestListener) =>
    listen(app, { host, port }).catch((error: unknown) => {
      if (!orFreePort) throw error;
      return listen(app, { host, port: 0 });
    });
  // Loaded on demand: it needs Express.
  const { adminApp } = await import('../http/health.js');
  if (!consoleParts) return { ...(await open(adminApp(parts))), showConsole: () => {} };
  const { createConsole, createTries } = await import('../console/router.js');
  // The wrong passwords of an address count on.
  const tries = createTries();
  let shown: Console = createConsole(consoleParts, tries);
  const listener = await open(adminApp(parts, (request, response, next) => shown.routes(request, response, next)));
  return {
    url: listener.url,
    showConsole: (next) => {
      if (!next) return;
      const before = shown;
      shown = createConsole(next, tries);
      before.close();
    },
    close: async (graceMs) => {
      // An event stream has no end of its own.
      shown.close();
      await listener.close(graceMs);
    },
  };
}
