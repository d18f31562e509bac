import { messageOf } from '../shared/errors.js';
import { isLoopback } from '../shared/loopback.js';
import type { AdminConfig, ConfigProblem, ParsedConfig } from './config.js';
import { firstLineOf } from './first-line.js';
import type { LineOf } from './validate.js';

/** The `admin` listener with the password of its console read; undefined where there is no such listener. */
export function adminOf(
  { admin }: ParsedConfig,
  lineOf: LineOf,
): { readonly admin: AdminConfig | undefined; readonly problems: readonly ConfigProblem[] } {
  if (!admin) return { admin, problems: [] };
  const { host, port, consolePasswordFile: file } = admin;
  const hasConsole = admin.console ?? (isLoopback(host) || file !== undefined);
  if (!hasConsole) return { admin: { host, port, console: undefined }, problems: [] };
  if (file === undefined) return { admin: { host, port, console: {} }, problems: [] };
  try {
    const password = firstLineOf(file, 'password');
    return { admin: { host, port, console: { password } }, problems: [] };
  } catch (error) {
    const line = lineOf(['admin', 'console_password_file']);
    return { admin: undefined, problems: [{ line, message: `admin.console_password_file ${messageOf(error)}` }] };
  }
}
