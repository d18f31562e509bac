import { isLoopback } from '../shared/loopback.js';
import type { AdminConfig, ConfigProblem, ParsedConfig } from './config.js';
import { type PlaceOf, problemAt } from './places.js';
import { readSecretFile } from './secret-files.js';

/** The `admin` listener with the password of its console read; undefined where there is no such listener. */
export function adminOf(
  admin: ParsedConfig['admin'],
  placeOf: PlaceOf,
): { readonly admin: AdminConfig | undefined; readonly problems: readonly ConfigProblem[] } {
  if (!admin) return { admin, problems: [] };
  const { host, port, consolePasswordFile: file } = admin;
  const hasConsole = admin.console ?? (isLoopback(host) || file !== undefined);
  if (!hasConsole) return { admin: { host, port, console: undefined }, problems: [] };
  if (file === undefined) return { admin: { host, port, console: {} }, problems: [] };
  const { secret: password, problem = '' } = readSecretFile(file, 'password');
  if (password !== undefined) return { admin: { host, port, console: { password } }, problems: [] };
  return { admin: undefined, problems: [problemAt(placeOf, ['admin', 'console_password_file'], problem)] };
}
