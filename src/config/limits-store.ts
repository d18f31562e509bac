import { messageOf } from '../shared/errors.js';
import { isLimitsStore } from '../store/limits-store-url.js';
import type { ConfigProblem, ParsedConfig } from './config.js';
import { firstLineOf } from './first-line.js';
import { LIMITS_STORE } from './schema.js';
import type { LineOf } from './validate.js';

/** The URL of the store of the rates, from the configuration or its file; undefined where there is none. */
export function limitsStoreOf(
  { limitsStore, limitsStoreFile: file }: ParsedConfig,
  lineOf: LineOf,
): { readonly limitsStore: string | undefined; readonly problems: readonly ConfigProblem[] } {
  if (file === undefined) return { limitsStore, problems: [] };
  const problem = (message: string) => ({
    limitsStore: undefined,
    problems: [{ line: lineOf(['limits_store_file']), message: `limits_store_file ${message}` }],
  });
  if (limitsStore !== undefined) return problem('stands beside limits_store; leave one of them out');
  try {
    const url = firstLineOf(file, 'URL');
    return isLimitsStore(url)
      ? { limitsStore: url, problems: [] }
      : problem(`${file} must have in its first line ${LIMITS_STORE}`);
  } catch (error) {
    return problem(messageOf(error));
  }
}
