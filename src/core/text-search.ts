/** Looks for many texts at once: what it takes grows with the text that is searched, hardly with how many they are. */
export interface TextSearch<T> {
  /**
   * Adds a text to look for, which stands for `value`; of what is found at one place, that counts which was added first.
   * One that is `open` goes on to the next white space.
   */
  readonly add: (wanted: string, value: T, open?: boolean) => void;
  /** A text in which each occurrence, in upper or lower case, is replaced from left to right. */
  readonly replaceIn: (text: string, replace: (value: T) => string) => string;
}

interface Found<T> {
  readonly value: T;
  readonly length: number;
  readonly order: number;
  readonly open: boolean;
}

/** A node of a radix tree: https://en.wikipedia.org/wiki/Radix_tree. */
interface Node<T> {
  /** What leads to it from the node above. */
  label: string;
  /** By the first code unit of their labels. */
  readonly children: Map<number, Node<T>>;
  found: Found<T> | undefined;
}

export function createTextSearch<T>(): TextSearch<T> {
  const root = nodeOf<T>('');
  let added = 0;

  const foundAt = (text: string, start: number): Found<T> | undefined => {
    let found: Found<T> | undefined;
    let at = start;
    let node = root.children.get(text.charCodeAt(at));
    while (node && text.startsWith(node.label, at)) {
      if (node.found && (!found || node.found.order < found.order)) found = node.found;
      at += node.label.length;
      node = node.children.get(text.charCodeAt(at));
    }
    return found;
  };

  return {
    add: (wanted, value, open = false) => {
      nodeAt(root, upperCase(wanted)).found ??= { value, length: wanted.length, order: added, open };
      added += 1;
    },
    replaceIn: (text, replace) => {
      if (added === 0) return text;
      const searched = upperCase(text);
      const pieces: string[] = [];
      let end = 0;
      for (let at = 0; at < text.length; at += 1) {
        const found = foundAt(searched, at);
        if (!found) continue;
        pieces.push(text.slice(end, at), replace(found.value));
        end = found.open ? wordEnd(text, at + found.length) : at + found.length;
        at = end - 1;
      }
      return end === 0 ? text : pieces.join('') + text.slice(end);
    },
  };
}

function nodeOf<T>(label: string): Node<T> {
  return { label, children: new Map(), found: undefined };
}

/** The node to which a text leads, which is made where there is none. */
function nodeAt<T>(root: Node<T>, text: string): Node<T> {
  let node = root;
  for (let at = 0; at < text.length; at += node.label.length) {
    const child = node.children.get(text.charCodeAt(at));
    const next = child ? sharedNode(child, text, at) : nodeOf<T>(text.slice(at));
    node.children.set(text.charCodeAt(at), next);
    node = next;
  }
  return node;
}

/** The node itself where a text has all of its label here; else a new one above it, for what both have. */
function sharedNode<T>(node: Node<T>, text: string, at: number): Node<T> {
  const { label } = node;
  let length = 1;
  while (length < label.length && label.charCodeAt(length) === text.charCodeAt(at + length)) length += 1;
  if (length === label.length) return node;
  const shared = nodeOf<T>(label.slice(0, length));
  node.label = label.slice(length);
  shared.children.set(node.label.charCodeAt(0), node);
  return shared;
}

/** In upper case, with each character in its place: of those that become several, none is changed. */
function upperCase(text: string): string {
  const upper = text.toUpperCase();
  if (upper.length === text.length) return upper;
  return Array.from(text, (character) => {
    const changed = character.toUpperCase();
    return changed.length === character.length ? changed : character;
  }).join('');
}

function wordEnd(text: string, from: number): number {
  const rest = text.slice(from).search(/\s/);
  return rest < 0 ? text.length : from + rest;
}
