import type { ApplicationConfig } from '../config/config.js';

/**
 * The headers that announce the end of an application in its replies: https://www.rfc-editor.org/rfc/rfc9745 and
 * https://www.rfc-editor.org/rfc/rfc8594. None where no end is announced.
 */
export function deprecationHeaders({
  deprecation,
}: Pick<ApplicationConfig, 'deprecation'>): Readonly<Record<string, string>> {
  if (!deprecation) return {};
  const { since, sunset, link } = deprecation;
  const relations = sunset === undefined ? ['deprecation'] : ['deprecation', 'sunset'];
  return {
    Deprecation: `@${Math.floor(since / 1000)}`,
    ...(sunset !== undefined && { Sunset: new Date(sunset).toUTCString() }),
    ...(link !== undefined && { Link: relations.map((relation) => linkTo(link, relation)).join(', ') }),
  };
}

/** https://www.rfc-editor.org/rfc/rfc8288#section-3, with a URL that has no character of its own there. */
function linkTo(link: string, relation: string): string {
  return `<${new URL(link).href}>; rel="${relation}"; type="text/html"`;
}
