/** A part of a document that a script writes: between two comments that name it. */
interface Part {
  readonly start: number;
  readonly end: number;
}

function find(document: string, name: string): Part | undefined {
  const head = new RegExp(`<!-- ${name}: written by npm run \\w+ -->\\n`).exec(document);
  const end = document.indexOf(`<!-- end of the ${name} -->`);
  const start = head ? head.index + head[0].length : -1;
  return start < 0 || end < start ? undefined : { start, end };
}

/** What a document has of a part; undefined where it has none. */
export function partIn(document: string, name: string): string | undefined {
  const part = find(document, name);
  return part && document.slice(part.start, part.end);
}

/** The document with another text in this part. Throws where it has none. */
export function withPart(document: string, name: string, text: string): string {
  const part = find(document, name);
  if (!part) throw new Error(`the document has no part "${name}"`);
  return document.slice(0, part.start) + text + document.slice(part.end);
}
