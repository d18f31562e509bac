/** The sealed content of a ticket: where it was asked for until the user has signed in, then what came of that. */
export interface Content {
  /** An IP address; absent in a ticket of an earlier version. */
  readonly askedFrom?: string;
  readonly credential?: string;
  readonly userId?: number;
  /** That of the account; absent in a ticket of an earlier version. */
  readonly login?: string;
  /** What the user was sent to the vendor with, until the browser comes back. */
  readonly sentAway?: SentAway;
  /** Issued at the page already, with its session in the store. */
  readonly authToken?: string;
}

/** A sign-in that goes on at the vendor. */
export interface SentAway {
  /** What its state has to name. */
  readonly nonce: string;
  /** What the cookie of the browser has to hold. */
  readonly browser: string;
  /** Of PKCE: https://www.rfc-editor.org/rfc/rfc7636. */
  readonly verifier: string;
  readonly redirectUri: string;
}

/** Undefined where the content has another shape: another version may have written it. */
export function parseContent(text: string): Content | undefined {
  const value = parseObject(text);
  if (!value) return undefined;
  const { askedFrom, credential, userId, login, authToken, sentAway } = value;
  if (credential === undefined && userId === undefined && authToken === undefined) {
    if (askedFrom !== undefined && typeof askedFrom !== 'string') return undefined;
    const sent = parseSentAway(sentAway);
    return { ...(askedFrom !== undefined && { askedFrom }), ...(sent && { sentAway: sent }) };
  }
  if (typeof credential !== 'string' || typeof userId !== 'number' || !Number.isInteger(userId)) return undefined;
  if (![login, authToken].every((text) => text === undefined || typeof text === 'string')) return undefined;
  return {
    credential,
    userId,
    ...(typeof login === 'string' && { login }),
    ...(typeof authToken === 'string' && { authToken }),
  };
}

function parseSentAway(value: unknown): SentAway | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { nonce, browser, verifier, redirectUri }: Partial<Record<keyof SentAway, unknown>> = value;
  if (typeof nonce !== 'string' || typeof browser !== 'string') return undefined;
  if (typeof verifier !== 'string' || typeof redirectUri !== 'string') return undefined;
  return { nonce, browser, verifier, redirectUri };
}

function parseObject(text: string): Partial<Record<keyof Content, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
