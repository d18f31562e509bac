import { type Document, Scalar, visit } from 'yaml';
import type { ConfigProblem } from './config.js';
import { formatPath, isPrintableKey, type Path, type Place } from './places.js';
import { pathTo } from './yaml-problems.js';

/** The variables of the environment. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** `${NAME}` and `${NAME:-default}`, which ends at the first `}`; a `$` before it makes it text. */
const REFERENCE = /\$(\$\{)|\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}|\$\{/g;

export interface PutVariables {
  /** One for each that cannot be put in. */
  readonly problems: readonly ConfigProblem[];
  /** Whether the value at a path lacks one of them. */
  readonly isIncomplete: (path: Path) => boolean;
}

/**
 * Puts variables into the values of a document, in place of `${NAME}` and, with a default for one that is unset or empty,
 * of `${NAME:-default}`; `$${` is a `${` of the text. What is put in is one value, whatever it holds: a number or a boolean
 * where the value is written without quotes and looks like one, else text. Line ends behind a variable are no part of it: a
 * Secret of Kubernetes that is made of a file has one.
 */
export function putVariables(
  document: Document.Parsed,
  variables: Variables,
  placeAt: (offset: number) => Place,
): PutVariables {
  const problems: ConfigProblem[] = [];
  const incomplete = new Set<string>();
  visit(document, {
    Scalar: (key, node, ancestors) => {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return;
      const fail = (message: string) => {
        const path = pathTo(node, ancestors);
        problems.push({ ...placeAt(node.range?.[0] ?? 0), path: keyOf(path), message });
        incomplete.add(formatPath(path));
        return '';
      };
      const text = node.value.replace(REFERENCE, (_reference, escaped, name, fallback) => {
        if (escaped !== undefined) return escaped;
        if (name === undefined)
          return fail('${ begins no variable; write ${NAME}, ${NAME:-default}, or $${ for the text');
        if (fallback?.includes('${'))
          return fail(`the default of ${name} holds another variable; write one that is a text alone`);
        const given = variables[name]?.replace(/[\r\n]+$/, '');
        const value = fallback === undefined ? given : given || fallback;
        return value ?? fail(`the variable ${name} is not set; set it, or write \${${name}:-default}`);
      });
      node.value = node.type === Scalar.PLAIN ? toValue(text) : text;
    },
  });
  return { problems, isIncomplete: (path) => incomplete.has(formatPath(path)) };
}

/** In a block of braces YAML takes the brace of a variable for another block. */
export const UNQUOTED_VARIABLE =
  'between { } or [ ] a variable takes quotes: "${NAME}"; for a number, true or false write the block in lines, without braces and quotes';

/** The offsets of variables that errors of the parser are about. */
export function unquotedVariables(
  errors: readonly { readonly pos: readonly [number, number] }[],
  text: string,
): number[] {
  return errors.map(({ pos: [offset] }) => offset - 1).filter((offset) => text.startsWith('${', offset));
}

/** Up to a key that cannot be printed. */
function keyOf(path: Path): string {
  const hidden = path.findIndex((step) => typeof step === 'string' && !isPrintableKey(step));
  return formatPath(hidden < 0 ? path : path.slice(0, hidden));
}

/**
 * As YAML reads a value without quotes: https://yaml.org/spec/1.2.2/#103-core-schema. Of numbers, those in figures and a point:
 * what else it takes for one may as well be a secret.
 */
function toValue(text: string): string | number | bigint | boolean {
  if (/^[-+]?\d+$/.test(text)) return BigInt(text.replace('+', ''));
  if (/^[-+]?(?:\d+\.\d*|\.\d+)$/.test(text)) return Number(text);
  return /^(?:[Tt]rue|TRUE|[Ff]alse|FALSE)$/.test(text) ? text.toLowerCase() === 'true' : text;
}
