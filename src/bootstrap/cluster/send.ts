import type { Worker } from 'node:cluster';
import type { PrimaryMessage } from './messages.js';

/** Sends a message to a worker; one that has just exited gets none. */
export function send(worker: Worker, message: PrimaryMessage): void {
  if (worker.isConnected()) worker.send(message);
}
