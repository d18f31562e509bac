/** What a vendor gave: an access token, and how it can be replaced. */
export interface Grant {
  readonly accessToken: string;
  readonly refreshToken?: string | undefined;
  /** Milliseconds from when it was asked for to the end of the access token; undefined where the vendor says no end. */
  readonly lifeMs?: number | undefined;
  /** That end by the clock of the store, in milliseconds since 1970. */
  readonly endsAt?: number | undefined;
  /** What the vendor granted, with blanks in between; undefined where it does not say. */
  readonly scope?: string | undefined;
  /** Whether the client itself has it, which then gets another one without a user. */
  readonly isOfClient?: boolean;
}

/** No header and no form carries such a credential, so that no other one begins like this. */
const MARK = '\0grant ';

/** Whether what stands in place of a credential is a grant. */
export const isGrant = (text: string): boolean => text.startsWith(MARK);

/** A grant in place of a credential, as it is sealed. */
export const grantText = (grant: Grant): string => MARK + JSON.stringify(grant);

/** The inverse of `grantText`; undefined where it is no grant of this version. */
export function parseGrant(text: string): Grant | undefined {
  if (!isGrant(text)) return undefined;
  const value: Partial<Record<keyof Grant, unknown>> = JSON.parse(text.slice(MARK.length));
  const { accessToken, refreshToken, lifeMs, endsAt, scope, isOfClient } = value;
  if (typeof accessToken !== 'string') return undefined;
  return {
    accessToken,
    ...(typeof refreshToken === 'string' && { refreshToken }),
    ...(typeof lifeMs === 'number' && typeof endsAt === 'number' && { lifeMs, endsAt }),
    ...(typeof scope === 'string' && { scope }),
    ...(isOfClient === true && { isOfClient }),
  };
}

/** The tokens of a grant, which are secrets; the access token first. */
export const tokensIn = ({ accessToken, refreshToken }: Grant): string[] =>
  refreshToken === undefined ? [accessToken] : [accessToken, refreshToken];

/** The same access token with its end by a clock that reads `now` when it was asked for. */
export function endingFrom(now: number, grant: Grant): Grant {
  return grant.lifeMs === undefined ? grant : { ...grant, endsAt: now + grant.lifeMs };
}
