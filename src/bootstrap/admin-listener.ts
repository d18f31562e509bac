import type { Config } from '../config/config.js';
import type { HealthParts } from '../http/health.js';
import { type Listener, listen } from '../http/listener.js';

/** The `admin` listener. Throws an Error with one line for the operator where it cannot listen. */
export async function listenAdmin(parts: HealthParts, at: Config['listen']): Promise<Listener> {
  // Loaded on demand: it needs Express.
  const { adminApp } = await import('../http/health.js');
  return listen(adminApp(parts), at);
}
