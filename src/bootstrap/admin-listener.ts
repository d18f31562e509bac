import type { Config } from '../config/config.js';
import type { ConsoleParts } from '../console/router.js';
import type { HealthParts } from '../http/health.js';
import { type Listener, listen } from '../http/listener.js';

/** The `admin` listener, with a console if there is one. Throws an Error with one line for the operator where it cannot listen. */
export async function listenAdmin(
  parts: HealthParts,
  at: Config['listen'],
  consoleParts?: ConsoleParts,
): Promise<Listener> {
  // Loaded on demand: it needs Express.
  const { adminApp } = await import('../http/health.js');
  if (!consoleParts) return listen(adminApp(parts), at);
  const { createConsole } = await import('../console/router.js');
  const { routes, close } = createConsole(consoleParts);
  const listener = await listen(adminApp(parts, routes), at);
  return {
    ...listener,
    close: async (graceMs) => {
      // An event stream has no end of its own.
      close();
      await listener.close(graceMs);
    },
  };
}
