import { types } from 'node:util';

/** What an error says, in one piece; of anything else that was thrown, its text. */
export function messageOf(error: unknown): string {
  return types.isNativeError(error) ? error.message : String(error);
}

/** The code of a system error such as `EADDRINUSE`; undefined where there is none. */
export function codeOf(error: unknown): string | undefined {
  return types.isNativeError(error) && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
