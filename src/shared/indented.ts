import { create } from 'xmlbuilder2';

/** A document with a line for each element, its declaration as it is; unchanged where it is not well-formed. */
export function indented(document: string): string {
  const [declaration = ''] = /^<\?xml\s[^>]*\?>\s*/.exec(document) ?? [];
  try {
    return `${declaration.trim()}\n${create(document.slice(declaration.length)).end({ prettyPrint: true, headless: true })}`.trim();
  } catch {
    return document;
  }
}
