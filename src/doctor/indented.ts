import { create } from 'xmlbuilder2';

/** A document with a line for each element; as it is where it is not well-formed. */
export function indented(document: string): string {
  try {
    return create(document).end({ prettyPrint: true });
  } catch {
    return document;
  }
}
