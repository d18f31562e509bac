import { XMLParser } from 'fast-xml-parser';
import diff from 'microdiff';
import { DIGEST } from '../observability/digests.js';
import { isSecretName } from '../observability/masked-texts.js';

/** A reply as far as it is compared. */
export interface ComparedReply {
  readonly status: number;
  readonly body: string;
}

/** Text, nil, items of a list, or children by name. */
type Tree = string | null | Tree[] | { [name: string]: Tree };

/**
 * The elements that differ between two replies, by their path such as `user.space_amount`, each once; `http_status` where
 * that differs. A digest is like any text that is not empty, and so is any two texts of an element that has a secret.
 */
export function differences(one: ComparedReply, other: ComparedReply): string[] {
  const tree = treeOfReply(one);
  const changes = diff({ tree }, { tree: likened(tree, treeOfReply(other)) }, { cyclesFix: false });
  // Without the numbers of items.
  const paths = changes.map(({ path: [, ...path] }) => path.filter((step) => typeof step === 'string').join('.'));
  return [...new Set(paths)];
}

const parser = new XMLParser({
  ignoreAttributes: false,
  ignoreDeclaration: true,
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  htmlEntities: true,
  isArray: (name) => name === 'item',
});

function treeOfReply({ status, body }: ComparedReply): { [name: string]: Tree } {
  return { http_status: String(status), ...elementsOf(body) };
}

/** The elements of a reply, without what stands around them in its format; `reply` where it is no document. */
function elementsOf(body: string): { [name: string]: Tree } {
  const document = documentIn(body);
  const reply = childOf(document, 'response') ?? childOf(childOf(document, 'Envelope'), 'Body');
  const operation = isBranch(reply)
    ? Object.entries(reply).find(([name]) => name.endsWith('Response'))?.[1]
    : undefined;
  const elements = operation ?? reply;
  return isBranch(elements) ? elements : { reply: elements ?? body };
}

function documentIn(body: string): Tree | undefined {
  try {
    return /^\s*</.test(body) ? treeOf(parser.parse(body)) : undefined;
  } catch {
    return undefined;
  }
}

function treeOf(node: unknown): Tree {
  if (Array.isArray(node)) return node.map(treeOf);
  if (typeof node !== 'object' || node === null) return String(node);
  const entries: [string, unknown][] = Object.entries(node);
  if (entries.some(([name, value]) => name === '@_nil' && value === 'true')) return null;
  const children = entries.filter(([name]) => name !== '#text' && !name.startsWith('@_'));
  if (children.length === 0) return String(entries.find(([name]) => name === '#text')?.[1] ?? '');
  const [first] = children;
  if (first?.[0] === 'item' && Array.isArray(first[1])) return itemsOf(first[1].map(treeOf));
  return Object.fromEntries(children.map(([name, child]) => [name, withoutSecret(name, treeOf(child))]));
}

/** Pairs of name and value by their names; other items as they are. */
function itemsOf(items: Tree[]): Tree {
  const named = items.flatMap((item) => {
    const { name, value } = isBranch(item) ? item : {};
    return typeof name === 'string' && value !== undefined ? [[name, withoutSecret(name, value)] as const] : [];
  });
  return named.length === items.length ? Object.fromEntries(named) : items;
}

/** In place of the text of an element that has a secret, that there is one: it is issued anew for each call. */
function withoutSecret(name: string, tree: Tree): Tree {
  return typeof tree === 'string' && tree !== '' && isSecretName(name) ? 'a secret' : tree;
}

/** The other tree, with the texts of the first one where they are alike but for its digests. */
function likened(tree: Tree | undefined, other: Tree): Tree {
  if (typeof tree === 'string' && typeof other === 'string') return isLike(tree, other) ? tree : other;
  if (Array.isArray(tree) && Array.isArray(other)) return other.map((item, index) => likened(tree[index], item));
  if (!isBranch(tree) || !isBranch(other)) return other;
  return Object.fromEntries(Object.entries(other).map(([name, child]) => [name, likened(tree[name], child)]));
}

function isLike(text: string, other: string): boolean {
  if (!text.includes('s_')) return false;
  const parts = text.split(DIGEST).map((part) => part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return new RegExp(`^${parts.join('[\\s\\S]+')}$`).test(other);
}

function childOf(tree: Tree | undefined, name: string): Tree | undefined {
  return isBranch(tree) ? tree[name] : undefined;
}

function isBranch(tree: Tree | undefined): tree is { [name: string]: Tree } {
  return typeof tree === 'object' && tree !== null && !Array.isArray(tree);
}
