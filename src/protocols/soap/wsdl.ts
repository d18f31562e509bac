import { readFile } from 'node:fs/promises';
import { WSDL } from 'soap';

/** The type of a part or element of a reply: its name as `xsi:type` has it, and what a complex one consists of. */
interface SoapType {
  readonly name: string;
  /** Undefined for a simple type. */
  readonly parts?: readonly SoapPart[];
}

export interface SoapPart {
  readonly name: string;
  readonly type: SoapType;
}

/** The SOAP face of the bridge, as the WSDL describes it. */
export interface Wsdl {
  /** The document for callers that reach the bridge at this URL; of document/literal where the style is `literal`. */
  readonly textAt: (publicUrl: string, style?: string) => string;
  /** The parts of an action's response message in order; undefined where the WSDL does not have the action. */
  readonly responseParts: (action: string) => readonly SoapPart[] | undefined;
}

export const TARGET_NAMESPACE = 'urn:boxnet';
/** Of the operations in document/literal, by which these are told from RPC/encoded. */
export const LITERAL_NAMESPACE = 'urn:boxnet:literal';
/** The prefix that the old service bound to the target namespace in its replies. */
export const TARGET_PREFIX = 'ns4';

const file = new URL('../../../../wsdl/box.wsdl', import.meta.url);
const literalFile = new URL('../../../../wsdl/box-literal.wsdl', import.meta.url);

/** Where the file on its own says that the service is. */
const ADDRESS = 'http://127.0.0.1:8080';

/** Everything else that an attribute cannot have, a URL has percent-encoded. */
function attribute(url: string): string {
  return new URL(url).href.replace(/\/$/, '').replaceAll('&', '&amp;');
}

/** Reads `wsdl/box.wsdl`, which types the SOAP replies and is served at `?wsdl`, and the one of `?wsdl=literal`. */
export async function loadWsdl(): Promise<Wsdl> {
  const text = await readFile(file, 'utf8');
  const literal = await readFile(literalFile, 'utf8');
  const wsdl = new WSDL(text, file.href, {});
  await new Promise<void>((resolve, reject) => wsdl.onReady((error) => (error ? reject(error) : resolve())));
  const { messages, schemas } = wsdl.definitions;
  const complexTypes = schemas[TARGET_NAMESPACE]?.complexTypes ?? {};

  const typeOf = (name: string): SoapType => {
    const local = name.slice(name.indexOf(':') + 1);
    const complex = complexTypes[local];
    if (!complex) return { name };
    const parts = complex.children.flatMap((group) => group.children).map(partOf);
    return { name: `${TARGET_PREFIX}:${local}`, parts };
  };
  const partOf = (element: { $name?: string; $type?: string }): SoapPart => {
    if (!element.$name || !element.$type) throw new Error(`${file.href}: an element without a name or a type`);
    return { name: element.$name, type: typeOf(element.$type) };
  };

  const responses = new Map(
    Object.entries(messages).map(([message, { parts }]) => [
      message,
      // A part of a simple type is the type's name, one of a complex type the type itself.
      Object.entries<string | { $name: string }>(parts ?? {}).map(([name, type]) => ({
        name,
        type: typeOf(typeof type === 'string' ? type : type.$name),
      })),
    ]),
  );
  return {
    textAt: (publicUrl, style) => (style === 'literal' ? literal : text).replace(ADDRESS, () => attribute(publicUrl)),
    responseParts: (action) => responses.get(`${action}Response`),
  };
}
