import type { XmlElement } from '../document/reader.js';
import { type FaultCode, type SoapVersion, soap11, soap12 } from './version.js';

/** What is in an Envelope. */
interface Content {
  readonly header?: XmlElement;
  readonly body?: XmlElement;
  /** Why a message like this MUST NOT be performed; absent where there is no reason. */
  readonly problem?: { readonly explanation: string; readonly faultCode: FaultCode };
}

/**
 * The Header and the Body of an Envelope: at most one of each, in this order and in the namespace of the Envelope. What
 * stands behind the Body is passed over in SOAP 1.1, and MUST NOT be there in SOAP 1.2: an intermediary that looks at the
 * names alone, or takes the last of two, would see another message.
 * https://www.w3.org/TR/2000/NOTE-SOAP-20000508/#_Toc478383494, https://www.w3.org/TR/soap12-part1/#soapenvelope
 */
export function contentOf({ children }: XmlElement, { envelope: namespace }: SoapVersion): Content {
  const isOwn = (element: XmlElement | undefined, local: string) =>
    element?.namespace === namespace && element.local === local;
  const header = children.find((child) => isOwn(child, 'Header'));
  const body = children.find((child) => isOwn(child, 'Body'));
  const expected = [header, body].filter((element) => element !== undefined);
  const odd = children.find((child, at) => {
    if (at < expected.length) return child !== expected[at];
    return !body || namespace === soap12.envelope || child.namespace === namespace;
  });
  if (!odd) return { ...(header && { header }), ...(body && { body }) };
  const isOfOther = [soap11, soap12].some(({ envelope }) => envelope === odd.namespace && envelope !== namespace);
  return {
    problem: {
      explanation: `${odd.local} is no Header or Body of ${namespace} at its place`,
      faultCode: isOfOther ? 'VersionMismatch' : 'Client',
    },
  };
}
