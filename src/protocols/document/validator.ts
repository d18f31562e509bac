import { SaxesParser } from 'saxes';
import { Fault } from '../../core/fault.js';

const MAX_ATTRIBUTES = 64;
/** No old client sends a hundred. */
const MAX_ELEMENTS = 4096;
const EXPLANATION_LENGTH = 200;

/**
 * Throws a `malformed` Fault with line and column unless the text is a well-formed document of XML 1.0, fifth edition,
 * without a DOCTYPE, with at most `depth` levels, 4,096 elements and 64 attributes to an element. With `namespaces`, it
 * MUST be namespace-well-formed too. Rejects while reading, so that neither depth nor length of a hostile document
 * costs anything. The line ends of the text MUST be normalized to line feeds.
 */
export function assertWellFormed(text: string, { depth, namespaces }: { depth: number; namespaces: boolean }): void {
  // A document that declares version 1.1 or 1.9 is parsed as 1.0: https://www.w3.org/TR/xml/#sec-prolog-dtd.
  const saxes = new SaxesParser({ xmlns: namespaces, forceXMLVersion: true, defaultXMLVersion: '1.0' });
  const reject = (problem: string): never => {
    const position = `line ${saxes.line}, column ${saxes.column}`;
    throw new Fault('malformed', { explanation: `${problem} at ${position}`.slice(0, EXPLANATION_LENGTH) });
  };
  const rejectIllFormed = (problem: string) => reject(`ill-formed XML (${problem})`);
  const checkName = (name: string) => {
    if (namespaces && INVALID_LOCAL_PART.test(name)) rejectIllFormed(`malformed name: ${name}`);
  };
  let level = 0;
  let elements = 0;
  let attributes = 0;
  saxes.on('error', (error) => rejectIllFormed(error.message.replace(/^\d+:\d+: /, '').replace(/\.$/, '')));
  saxes.on('doctype', () => reject('a DOCTYPE'));
  saxes.on('opentagstart', ({ name }) => {
    attributes = 0;
    level += 1;
    elements += 1;
    if (elements > MAX_ELEMENTS) reject(`more than ${MAX_ELEMENTS} elements`);
    if (level > depth) reject(`more than ${depth} levels of XML`);
    checkName(name);
  });
  saxes.on('attribute', ({ name }) => {
    attributes += 1;
    if (attributes > MAX_ATTRIBUTES) reject(`more than ${MAX_ATTRIBUTES} attributes`);
    checkName(name);
  });
  saxes.on('closetag', () => {
    level -= 1;
  });
  // saxes accepts <?target?data?> as <?target ?data?>.
  saxes.on('processinginstruction', ({ target, body }) => {
    if (body !== '' && text.endsWith(`<?${target}${body}?>`, saxes.position)) {
      rejectIllFormed('no white space after the target of a processing instruction');
    }
  });
  // saxes accepts a lone surrogate with the code unit after it as one character.
  const loneSurrogate = text.search(/\p{Surrogate}/u);
  saxes.write(loneSurrogate < 0 ? text : text.slice(0, loneSurrogate));
  if (loneSurrogate >= 0) rejectIllFormed('half a surrogate pair');
  saxes.close();
}

/** saxes accepts any name character at the start of a local part. */
const INVALID_LOCAL_PART = /:([-.\d\u00B7\u203F\u2040]|[\u0300-\u036F])/;
