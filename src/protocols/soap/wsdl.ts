import { readFile } from 'node:fs/promises';

/** The type of a part or element of a reply. */
interface SoapType {
  /** The value of `xsi:type`. */
  readonly name: string;
  /** The elements of a complex type; undefined for a simple one. */
  readonly parts?: readonly SoapPart[];
}

export interface SoapPart {
  readonly name: string;
  readonly type: SoapType;
}

/** The SOAP interface of the bridge. */
export interface Wsdl {
  /** The WSDL with the service at this URL: document/literal for the style `literal`, else RPC/encoded. */
  readonly textAt: (publicUrl: string, style?: string) => string;
  /** Reads the messages, at the first call; their parts are known once it is done. */
  readonly load: () => Promise<void>;
  /** The names of the parts of an action's request message, in order; undefined where the WSDL lacks the action. */
  readonly requestParts: (action: string) => readonly string[] | undefined;
  /** The parts of an action's response message, in order; undefined where the WSDL lacks the action. */
  readonly responseParts: (action: string) => readonly SoapPart[] | undefined;
}

export const TARGET_NAMESPACE = 'urn:boxnet';
/** The namespace of operations in document/literal; it tells them from RPC/encoded. */
export const LITERAL_NAMESPACE = 'urn:boxnet:literal';
/** The prefix that the old service bound to the target namespace in its replies. */
export const TARGET_PREFIX = 'ns4';

const file = new URL('../../../../wsdl/box.wsdl', import.meta.url);
const literalFile = new URL('../../../../wsdl/box-literal.wsdl', import.meta.url);

/** The address of the service in the files. */
const FILE_ADDRESS = 'http://127.0.0.1:8080';

/** Escapes a URL for an attribute; of the characters to be escaped, only `&` is not percent-encoded in a URL. */
function escapeUrl(url: string): string {
  return new URL(url).href.replace(/\/$/, '').replaceAll('&', '&amp;');
}

/** Opens `wsdl/box.wsdl`, which types the SOAP replies and is served at `?wsdl`, and the WSDL of `?wsdl=literal`. */
export async function openWsdl(): Promise<Wsdl> {
  const text = await readFile(file, 'utf8');
  const literal = await readFile(literalFile, 'utf8');
  let loading: Promise<void> | undefined;
  let messages: Messages | undefined;
  const loaded = (): Messages => {
    if (!messages) throw new Error('the messages of the WSDL are not loaded');
    return messages;
  };
  return {
    textAt: (publicUrl, style) =>
      (style === 'literal' ? literal : text).replace(FILE_ADDRESS, () => escapeUrl(publicUrl)),
    load: () => {
      loading ??= readMessages(text).then((read) => {
        messages = read;
      });
      return loading;
    },
    requestParts: (action) => loaded().requestParts(action),
    responseParts: (action) => loaded().responseParts(action),
  };
}

type Messages = Pick<Wsdl, 'requestParts' | 'responseParts'>;

async function readMessages(text: string): Promise<Messages> {
  // Imported on demand: REST and XML do not need it.
  const { WSDL } = await import('soap/lib/wsdl/index.js');
  // Port type, binding and service type nothing; reading them would take most of the time.
  const wsdl = new WSDL(text.replace(/<portType .*<\/service>/s, ''), file.href, {});
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

  const parts = new Map(Object.entries(messages).map(([message, { children }]) => [message, children.map(partOf)]));
  const names = new Map([...parts].map(([message, each]) => [message, each.map(({ name }) => name)]));
  return {
    requestParts: (action) => names.get(`${action}Request`),
    responseParts: (action) => parts.get(`${action}Response`),
  };
}
