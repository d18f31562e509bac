import { SaxesParser } from 'saxes';
import { Fault } from '../../core/fault.js';

const ATTRIBUTES = 64;
/** No old program sends a hundred. */
const ELEMENTS = 4096;
const EXPLANATION_LENGTH = 200;

/**
 * Throws a `malformed` Fault that names line and column unless the text is a well-formed document of XML 1.0, fifth
 * edition, without a DOCTYPE, with at most `depth` levels, 4,096 elements and 64 attributes to an element. With `namespaces`, it must
 * be namespace-well-formed too. Refuses while reading, so that neither depth nor length of a hostile document costs
 * anything. The text has the line ends of a parsed entity: line feeds alone.
 */
export function assertWellFormed(text: string, { depth, namespaces }: { depth: number; namespaces: boolean }): void {
  // A document that calls itself 1.1 or 1.9 is read by the rules of 1.0: https://www.w3.org/TR/xml/#sec-prolog-dtd.
  const saxes = new SaxesParser({ xmlns: namespaces, forceXMLVersion: true, defaultXMLVersion: '1.0' });
  const refuse = (what: string): never => {
    const place = `line ${saxes.line}, column ${saxes.column}`;
    throw new Fault('malformed', { explanation: `${what} at ${place}`.slice(0, EXPLANATION_LENGTH) });
  };
  const illFormed = (what: string) => refuse(`ill-formed XML (${what})`);
  const checkName = (name: string) => {
    if (namespaces && LOCAL_PART_OF_NO_NAME.test(name)) illFormed(`malformed name: ${name}`);
  };
  let open = 0;
  let elements = 0;
  let attributes = 0;
  saxes.on('error', (error) => illFormed(error.message.replace(/^\d+:\d+: /, '').replace(/\.$/, '')));
  saxes.on('doctype', () => refuse('a DOCTYPE'));
  saxes.on('opentagstart', ({ name }) => {
    attributes = 0;
    open += 1;
    elements += 1;
    if (elements > ELEMENTS) refuse(`more than ${ELEMENTS} elements`);
    if (open > depth) refuse(`more than ${depth} levels of XML`);
    checkName(name);
  });
  saxes.on('attribute', ({ name }) => {
    attributes += 1;
    if (attributes > ATTRIBUTES) refuse(`more than ${ATTRIBUTES} attributes`);
    checkName(name);
  });
  saxes.on('closetag', () => {
    open -= 1;
  });
  // saxes takes <?target?data?> for <?target ?data?>.
  saxes.on('processinginstruction', ({ target, body }) => {
    if (body !== '' && text.endsWith(`<?${target}${body}?>`, saxes.position)) {
      illFormed('no white space after the target of a processing instruction');
    }
  });
  // saxes takes the first half of a surrogate pair and whatever follows for a character.
  const half = text.search(/\p{Surrogate}/u);
  saxes.write(half < 0 ? text : text.slice(0, half));
  if (half >= 0) illFormed('half a surrogate pair');
  saxes.close();
}

/** saxes lets the part after the colon begin with any name character. */
const LOCAL_PART_OF_NO_NAME = /:([-.\d\u00B7\u203F\u2040]|[\u0300-\u036F])/;
