import type { Config } from './config.js';

/**
 * What is valid in a configuration and yet breaks old programs, or the limits: a line for the operator for each, without values of the
 * configuration.
 */
export function warningsOf({ applications, trustProxy }: Config): string[] {
  const warnings = applications.flatMap(({ redirectUrl }, index) => {
    if (redirectUrl === undefined) return [];
    const { search, hash } = new URL(redirectUrl);
    if (search === '' && hash === '') return [];
    const key = `applications[${index}].redirect_url`;
    return `${key} has a query or a fragment of its own; old programs that take the auth_token by its place in the redirect break: leave it out`;
  });
  if (trustProxy === true) {
    warnings.push(
      'trust_proxy: true lets every caller forge its address, past all limits; write the number of proxies in front, or their addresses',
    );
  }
  return warnings;
}
