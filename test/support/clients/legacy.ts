import { Agent, request } from 'node:http';
import { SaxesParser } from 'saxes';

export const formats = ['rest', 'xml', 'soap'] as const;
export type Format = (typeof formats)[number];

/** Pairs, since a parameter may be repeated. */
export type Parameters = readonly (readonly [name: string, value: string])[];

export type Texts = Readonly<Record<string, string>>;

/** A decoded element: text, nil, children by name, or the items of a list. */
export type Tree = string | null | readonly Tree[] | Branch;
export interface Branch {
  readonly [name: string]: Tree;
}

export interface Reply {
  readonly http: number;
  /** Of a SOAP fault, its text. */
  readonly status: string;
  /** What follows the status, in order. */
  readonly result: Branch;
  /** `Client` or `Server` where the reply is a SOAP fault. */
  readonly fault?: string;
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#13;');
const elements = (pairs: Parameters) => pairs.map(([name, value]) => `<${name}>${escaped(value)}</${name}>`).join('');

/** What is posted for a call. */
export const bodies: Readonly<Record<Format, (action: string, parameters: Parameters) => string>> = {
  rest: (action, parameters) =>
    [['action', action], ...parameters].map((pair) => pair.map(encodeURIComponent).join('=')).join('&'),
  xml: (action, parameters) => `<request>${elements([['action', action], ...parameters])}</request>`,
  soap: (action, parameters) => {
    const operation = `<m:${action} xmlns:m="urn:boxnet">${elements(parameters)}</m:${action}>`;
    return `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>${operation}</e:Body></e:Envelope>`;
  },
};

/** Calls a bridge as an old client does. */
export async function callBridge(
  bridge: string,
  format: Format,
  action: string,
  parameters: Parameters,
): Promise<Reply> {
  const { http, text } = await exchanged(bridge, format, action, parameters);
  return { http, ...readReply(format, action, text) };
}

/** The body of the reply to a call, undecoded. */
export async function call(bridge: string, format: Format, action: string, parameters: Texts): Promise<string> {
  return (await exchanged(bridge, format, action, Object.entries(parameters))).text;
}

/** Ends idle connections before a bridge does. */
const agent = new Agent({ keepAlive: true, timeout: 2000 });

/** Sends what `post` does, at a fifth of its price. */
function exchanged(
  bridge: string,
  format: Format,
  action: string,
  parameters: Parameters,
): Promise<{ http: number; text: string }> {
  const body = Buffer.from(bodies[format](action, parameters));
  const headers = { 'content-type': 'text/plain;charset=UTF-8', 'content-length': body.length };
  return new Promise((resolve, reject) => {
    const sent = request(`${bridge}/api/1.0/${format}`, { agent, method: 'POST', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('error', reject);
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ http: response.statusCode ?? 0, text }));
    });
    sent.on('error', reject).end(body);
  });
}

/** Calls a bridge, and gives the reply as HTTP has it. */
export function post(
  bridge: string,
  format: Format,
  action: string,
  parameters: Parameters,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${bridge}/api/1.0/${format}`, { method: 'POST', headers, body: bodies[format](action, parameters) });
}

interface Element {
  readonly isNil: boolean;
  text: string;
  readonly children: Map<string, Tree[]>;
}

/** The tree of a document, by local names; throws where it is not well formed. */
function treeIn(document: string): Tree {
  const open: Element[] = [{ isNil: false, text: '', children: new Map() }];
  const parser = new SaxesParser({ xmlns: true });
  parser.on('opentag', ({ attributes }) => {
    const isNil = Object.values(attributes).some(({ local, value }) => local === 'nil' && value === 'true');
    open.push({ isNil, text: '', children: new Map() });
  });
  const read = (text: string) => {
    const element = open.at(-1);
    if (element) element.text += text;
  };
  parser.on('text', read);
  parser.on('cdata', read);
  parser.on('closetag', ({ local }) => {
    const closed = open.pop();
    const siblings = open.at(-1)?.children;
    if (!closed || !siblings) return;
    const namesakes = siblings.get(local);
    if (namesakes) namesakes.push(treeOf(closed));
    else siblings.set(local, [treeOf(closed)]);
  });
  parser.write(document).close();
  return open[0] ? treeOf(open[0]) : null;
}

function treeOf({ isNil, text, children }: Element): Tree {
  if (isNil) return null;
  const [first] = children;
  if (!first) return text;
  const [name, items] = first;
  if (name === 'item') return items;
  return Object.fromEntries(
    Array.from(children, ([child, [tree = null, ...more]]) => [child, more.length > 0 ? [tree, ...more] : tree]),
  );
}

function readReply(format: Format, action: string, text: string): Omit<Reply, 'http'> {
  const document = treeIn(text);
  if (format !== 'soap') return split(at(document, 'response'));
  const body = at(document, 'Envelope', 'Body');
  const fault = at(body, 'Fault');
  if (!isBranch(fault)) return split(at(body, `${action}Response`));
  const { faultcode, faultstring } = fault;
  return { status: String(faultstring), result: {}, fault: String(faultcode).replace('SOAP-ENV:', '') };
}

function split(reply: Tree | undefined): Pick<Reply, 'status' | 'result'> {
  if (!isBranch(reply)) throw new Error('a reply without elements');
  const { status, ...result } = reply;
  return { status: String(status), result };
}

/** The element at a path. */
export function at(tree: Tree | undefined, ...path: readonly string[]): Tree | undefined {
  return path.reduce<Tree | undefined>((inside, name) => (isBranch(inside) ? inside[name] : undefined), tree);
}

export function itemsOf(tree: Tree | undefined): readonly Tree[] {
  return isList(tree) ? tree : [];
}

function isList(tree: Tree | undefined): tree is readonly Tree[] {
  return Array.isArray(tree);
}

function isBranch(tree: Tree | undefined): tree is Branch {
  return typeof tree === 'object' && tree !== null && !Array.isArray(tree);
}

/** The elements that are numbers; each format encodes an unknown one in its own way. */
const numbers = /^(user_id|space_\w+|max_upload_size|\w+_limit)$/;

/**
 * An expectation in the encoding of a format: null is nil in SOAP; in the others an empty element, or 0 for a number.
 */
export function shown(format: Format, tree: Tree, name = ''): Tree {
  if (tree === null) return format === 'soap' ? null : numbers.test(name) ? '0' : '';
  if (typeof tree === 'string') return tree;
  // An empty list is an element without anything in it.
  if (isList(tree)) return tree.length === 0 ? '' : tree.map((item) => shown(format, item));
  return Object.fromEntries(Object.entries(tree).map(([key, child]) => [key, shown(format, child, key)]));
}
