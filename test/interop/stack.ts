import type { ActionName } from '../../src/core/actions.js';
import type { Client } from './programs.js';
import type { Requirement } from './requirements.js';

/** An independent program that calls the bridge in one format. */
export interface Stack {
  readonly name: string;
  readonly format: string;
  readonly requirements: readonly Requirement[];
  /** Makes the stack ready to call the bridge at a URL. */
  readonly connect: (bridge: string) => Promise<Client>;
  /** Whether it reads a reply with a nil number; if not, the bridge leaves the number out. REST and XML have none. */
  readonly takesNil: boolean;
  /** What its programs see of a nil number, where it takes one. */
  readonly nilNumber: string | undefined;
  /** What they see of one that is unknown. */
  readonly unknown: string | undefined;
  /** What they see of one that is left out. */
  readonly omitted: string | undefined;
  /** What they see of a text that is empty. */
  readonly emptyText: string;
  /** What they see of something else that is unknown. */
  readonly nothing: string;
  /** The code of a fault that is the server's; undefined where the format has no faults. */
  readonly serverFault: string | undefined;
  /** Whether the texts of a reply that is not in UTF-8 come right. */
  readonly readsCharsets: boolean;
  /** The `reply_charset` in which it reads every letter. */
  readonly replyCharset: string;
  /** It leaves the namespace of the elements away that the schema of document/literal gives them. */
  readonly sendsUnqualified?: true;
  /** The answers that it cannot read, all for one reason. */
  readonly unreadable?: Unreadable;
}

/** Answers that a stack fails to read. */
export interface Unreadable {
  readonly actions: readonly ActionName[];
  /** What the stack says of one. */
  readonly complaint: string;
  readonly why: string;
}

/** What a stack cannot do at all, and why; it is not tried. */
export interface Impossible {
  readonly name: string;
  readonly format: string;
  readonly why: string;
}

/** How a stack is made ready, and what that needs. */
export type Ready = Pick<Stack, 'requirements' | 'connect'>;
