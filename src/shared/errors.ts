import { types } from 'node:util';

/** The message of an error; the text of any other value that was thrown. */
export function messageOf(error: unknown): string {
  // An error of another realm is no instance, and one of another thread is not native.
  return types.isNativeError(error) || error instanceof Error ? error.message : String(error);
}

/** The code of an error, such as `EADDRINUSE`; undefined where it has none. */
export function codeOf(error: unknown): string | undefined {
  return types.isNativeError(error) && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** The stack of an error; undefined of any other value that was thrown. */
export function stackOf(error: unknown): string | undefined {
  return types.isNativeError(error) ? error.stack : undefined;
}

/** A defect of a provider in a module of its own: its author mends it, not who maintains the bridge. */
export class ProviderDefect extends Error {
  constructor(message: string, stack?: string | undefined) {
    super(message);
    this.name = 'ProviderDefect';
    this.stack = stack ?? message;
  }
}
