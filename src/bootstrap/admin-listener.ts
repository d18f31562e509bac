import type { RequestListener } from 'node:http';
import type { ConsoleParts } from '../console/router.js';
import type { HealthParts } from '../http/health.js';
import { type Listener, listen } from '../http/listener.js';

interface AdminAddress {
  readonly host: string;
  readonly port: number;
  /** Whether it takes a free port where it cannot have this one. */
  readonly orFreePort: boolean | undefined;
}

/** The `admin` listener, with a console if there is one. Throws an Error with one line for the operator where it cannot listen. */
export async function listenAdmin(
  parts: HealthParts,
  { host, port, orFreePort = false }: AdminAddress,
  consoleParts?: ConsoleParts,
): Promise<Listener> {
  const open = (app: RequestListener) =>
    listen(app, { host, port }).catch((error: unknown) => {
      if (!orFreePort) throw error;
      return listen(app, { host, port: 0 });
    });
  // Loaded on demand: it needs Express.
  const { adminApp } = await import('../http/health.js');
  if (!consoleParts) return open(adminApp(parts));
  const { createConsole } = await import('../console/router.js');
  const { routes, close } = createConsole(consoleParts);
  const listener = await open(adminApp(parts, routes));
  return {
    ...listener,
    close: async (graceMs) => {
      // An event stream has no end of its own.
      close();
      await listener.close(graceMs);
    },
  };
}
