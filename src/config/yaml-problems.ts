import {
  type Alias,
  type Document,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type ParsedNode,
  visit,
} from 'yaml';
import type { ConfigProblem } from './config.js';
import type { Path, Place } from './places.js';

/** Rewords a message of the YAML parser for the operator, without quoting values. `from` is the text where it applies. */
export function yamlMessage(code: string, message: string, from: string): string {
  if (code === 'DUPLICATE_KEY') {
    const key = /^["']?([a-z_]{1,24})["']?\s*:/.exec(from)?.[1] ?? 'this key';
    return `${key} is already given above in the same block; keep one of the two`;
  }
  if (code === 'MULTIPLE_DOCS') return 'a second YAML document begins here; keep one document in the file';
  if (code === 'NON_STRING_KEY') return 'a key must be a word, not a list or a block';
  if (code === 'RESOURCE_EXHAUSTION') return 'nested too deeply for a configuration';
  return `not valid YAML: ${message.replace(/(?<=\w): .*|(?<=escape sequence) .*/s, '')}`;
}

/** The offset of the last scalar of a document: an unclosed quote reaches from there to the end. */
export function lastScalar(document: Document.Parsed): number {
  let start = 0;
  visit(document, {
    Scalar: (_key, { range }) => {
      start = range?.[0] ?? start;
    },
  });
  return start;
}

/** The problem of a document whose aliases cannot be resolved. */
export function aliasProblem(document: Document.Parsed, placeAt: (offset: number) => Place): ConfigProblem {
  const aliases: Alias[] = [];
  visit(document, { Alias: (_key, alias) => void aliases.push(alias) });
  const unset = aliases.find((alias) => alias.resolve(document) === undefined);
  const message = unset ? 'no anchor (&) above has the name of this alias (*)' : 'aliases (*) repeat too many values';
  return { ...placeAt((unset ?? aliases[0])?.range?.[0] ?? 0), path: '', message: `${message}; write the values out` };
}

/** The path of a value in a document, whose ancestors `visit` gives from the outermost on. */
export function pathTo(value: Node, ancestors: readonly (Document | Node | Pair)[]): Path {
  return ancestors.flatMap((each, index): Path => {
    if (isPair(each)) return isScalar(each.key) ? [String(each.key.value)] : [];
    const next = ancestors[index + 1] ?? value;
    return isSeq(each) ? [each.items.indexOf(next)] : [];
  });
}

/** The offset of the key or list item at a path; of the nearest enclosing block where there is none. */
export function offsetOf(root: ParsedNode | null, path: Path): number {
  let node = root;
  let offset = root?.range[0] ?? 0;
  for (const step of path) {
    if (isMap<ParsedNode, ParsedNode | null>(node)) {
      const pair = node.items.findLast(({ key }) => isScalar(key) && key.value === step);
      if (pair === undefined) break;
      offset = pair.key.range[0];
      node = pair.value;
    } else if (isSeq<ParsedNode>(node)) {
      node = node.items[Number(step)] ?? null;
      offset = node?.range[0] ?? offset;
    } else break;
  }
  return offset;
}
