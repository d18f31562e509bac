import { Fault } from '../../core/fault.js';
import type { XmlElement } from '../document/reader.js';
import { attributeOf } from './elements.js';
import { soap12 } from './version.js';

/** Gives what an element refers to, or the element itself. Throws a `malformed` Fault for too many references. */
export type Resolve = (element: XmlElement) => XmlElement;

/** The text of an attachment by its Content-ID; undefined where there is none. Throws where it is no text. */
export type AttachmentText = (contentId: string) => string | undefined;

/** Bounds the amplification of many references to one large value. */
const MAX_REFERENCED_VALUES = 256;

/** https://www.w3.org/TR/xop10/#xop_include */
const XOP = 'http://www.w3.org/2004/08/xop/include';

/**
 * Resolves references to elements of the Body by `href` (SOAP 1.1,
 * https://www.w3.org/TR/2000/NOTE-SOAP-20000508/#_Toc478383512) and `ref` (SOAP 1.2), and to attachments by `href` or
 * `xop:Include`. What refers to nothing stands for itself.
 */
export function createResolver(roots: readonly XmlElement[], attachmentText: AttachmentText): Resolve {
  let byId: ReadonlyMap<string, XmlElement> | undefined;
  let referencedValues = 0;
  return (element) => {
    const reference = referenceIn(element);
    if (reference === undefined) return element;
    byId ??= new Map(roots.flatMap(elementsById));
    const contentId = /^cid:(.*)/is.exec(reference)?.[1];
    const target =
      contentId !== undefined
        ? attachment(element, attachmentText(contentId) ?? attachmentText(unescapedId(contentId)))
        : byId.get(reference.replace(/^#/, ''));
    if (!target) return element;
    referencedValues += Math.max(1, target.children.length);
    if (referencedValues > MAX_REFERENCED_VALUES) throw new Fault('malformed', { explanation: 'too many references' });
    return target;
  };
}

function referenceIn(element: XmlElement): string | undefined {
  const [only, ...others] = element.children;
  const isIncluded = only?.local === 'Include' && only.namespace === XOP && others.length === 0;
  return isIncluded
    ? attributeOf(only, 'href')
    : (attributeOf(element, 'href') ?? attributeOf(element, 'ref', [soap12.encoding]));
}

function attachment(element: XmlElement, text: string | undefined): XmlElement | undefined {
  return text === undefined ? undefined : { ...element, attributes: [], children: [], text };
}

/** Some stacks escape a Content-ID in its header too, where it has no escapes: https://www.rfc-editor.org/rfc/rfc2392. */
function unescapedId(contentId: string): string {
  try {
    return decodeURIComponent(contentId);
  } catch {
    return contentId;
  }
}

function elementsById(element: XmlElement): [string, XmlElement][] {
  const id = attributeOf(element, 'id') ?? attributeOf(element, 'id', [soap12.encoding]);
  const descendants = element.children.flatMap(elementsById);
  return id === undefined ? descendants : [[id, element], ...descendants];
}
