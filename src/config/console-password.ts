import { readFileSync } from 'node:fs';
import { codeOf } from '../shared/errors.js';
import { isLoopback } from '../shared/loopback.js';
import type { AdminConfig, ConfigProblem, ParsedConfig } from './config.js';
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
    const password = readPassword(file);
    return { admin: { host, port, console: { password } }, problems: [] };
  } catch (error) {
    const line = lineOf(['admin', 'console_password_file']);
    return { admin: undefined, problems: [{ line, message: `admin.console_password_file ${explain(error, file)}` }] };
  }
}

/** The first line of a file. */
function readPassword(file: string): string {
  const [password = ''] = readFileSync(file, 'utf8').split(/\r?\n/, 1);
  if (password === '') throw new Error('an empty password');
  return password;
}

function explain(error: unknown, file: string): string {
  const code = codeOf(error);
  if (code === 'ENOENT') return `${file} does not exist; write a password into it`;
  if (code === undefined) return `${file} has no password in its first line; write one into it`;
  return `${file} cannot be read (${code}); name a file that this user may read`;
}
