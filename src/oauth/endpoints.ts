import type { OAuthDescription } from '../providers/provider.js';

/** What stands for each name in braces. */
export type Values = Readonly<Record<string, string>>;

/** The addresses of a vendor, for one application. */
export interface Endpoints {
  readonly token: string;
  readonly authorization: string | undefined;
  readonly deviceAuthorization: string | undefined;
  readonly revocation: string | undefined;
  readonly issuer: string | undefined;
}

/** A template with its names filled in. Throws an Error with one line for the operator where it has none for a name. */
export function filled(template: string, values: Values): string {
  return template.replace(/\{(\w+)\}/g, (_name, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${name} is not given, and its vendor needs it for a token; add it`);
    return value;
  });
}

/** The endpoints of a description, filled in. Throws an Error as `filled`, and where one is no http or https URL. */
export function endpointsOf(
  { authorization, token, deviceAuthorization, revocation, issuer }: OAuthDescription,
  values: Values,
): Endpoints {
  const at = (template: string | undefined) => (template === undefined ? undefined : address(filled(template, values)));
  return {
    token: address(filled(token, values)),
    authorization: at(authorization),
    deviceAuthorization: at(deviceAuthorization),
    revocation: at(revocation),
    issuer: issuer === undefined ? undefined : filled(issuer, values),
  };
}

function address(url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
  throw new Error(`${url} is no http or https URL; mend the endpoint of the provider`);
}
