import type { Config } from './config.js';

/**
 * What is valid in a configuration and yet breaks old programs: a line for the operator for each, without values of the
 * configuration.
 */
export function warningsOf({ applications }: Config): string[] {
  return applications.flatMap(({ redirectUrl }, index) => {
    if (redirectUrl === undefined) return [];
    const { search, hash } = new URL(redirectUrl);
    if (search === '' && hash === '') return [];
    const key = `applications[${index}].redirect_url`;
    return `${key} has a query or a fragment of its own; old programs that take the auth_token by its place in the redirect break: leave it out`;
  });
}
