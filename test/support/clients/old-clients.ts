import soap from 'soap';
import { messageOf } from '../../../src/shared/errors.js';

/** A reply as an old client reads it. */
export interface OldReply {
  readonly status: string;
  /** The names of the elements, in order, without those that are nil in SOAP. */
  readonly names: readonly string[];
  readonly ticket: string;
  readonly authToken: string;
  /** The elements of `user` in their order, as texts. */
  readonly user: Readonly<Record<string, string>>;
}

type Parameters = Readonly<Record<string, string>>;

/** An old program that calls the bridge at this address. */
type OldClient = (bridge: string, action: string, parameters: Parameters) => Promise<OldReply>;

const rest: OldClient = async (bridge, action, parameters) =>
  plainReply(await fetch(`${bridge}/api/1.0/rest?${new URLSearchParams({ action, ...parameters })}`));

const xml: OldClient = async (bridge, action, parameters) => {
  const elements = Object.entries({ action, ...parameters }).map(([name, value]) => element(name, value));
  const body = `<request>${elements.join('')}</request>`;
  return plainReply(await fetch(`${bridge}/api/1.0/xml`, { method: 'POST', body }));
};

/** The `soap` package's own client, which reads the WSDL. */
const soapClient: OldClient = async (bridge, action, parameters) => {
  const client = await soap.createClientAsync(`${bridge}/api/1.0/soap?wsdl`);
  try {
    const [result]: [SoapResult] = await client[`${action}Async`](parameters);
    const text = (name: string) => String(result[name]?.$value ?? '');
    const { attributes: _, ...user } = result.user ?? {};
    return {
      status: text('status'),
      names: Object.keys(result).filter((name) => !isNil(result[name])),
      ticket: text('ticket'),
      authToken: text('auth_token'),
      user: Object.fromEntries(Object.entries(user).map(([name, part]) => [name, textIn(part)])),
    };
  } catch (error) {
    return { status: messageOf(error), names: [], ticket: '', authToken: '', user: {} };
  }
};

export const oldClients = { rest, xml, soap: soapClient };

/** The `soap` client gives an element with attributes, such as xsi:type, as a record. */
type SoapResult = Readonly<Record<string, SoapElement | undefined>>;
interface SoapElement {
  readonly attributes?: Readonly<Record<string, string>>;
  readonly [child: string]: unknown;
}

const isNil = (part: SoapElement | undefined) => part?.attributes?.['xsi:nil'] === 'true';

/** Nil in SOAP is 0 in the other two formats. */
function textIn(part: unknown): string {
  return typeof part === 'object' && part !== null && '$value' in part ? String(part.$value) : '0';
}

/** The reply of the REST and the XML format. */
export async function plainReply(response: Response): Promise<OldReply> {
  const [, content = ''] = /<response>(.*)<\/response>/s.exec(await response.text()) ?? [];
  const [, user = ''] = /<user>(.*)<\/user>/s.exec(content) ?? [];
  const outer = pairs(content.replace(user, ''));
  const { status = '', ticket = '', auth_token: authToken = '' } = Object.fromEntries(outer);
  return { status, names: outer.map(([name]) => name), ticket, authToken, user: Object.fromEntries(pairs(user)) };
}

function pairs(content: string): [name: string, value: string][] {
  return [...content.matchAll(/<(\w+)(?:\/>|>([^<]*)<\/\1>)/g)].map(([, name = '', value = '']) => [name, value]);
}

function element(name: string, value: string): string {
  const escaped = value.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return `<${name}>${escaped}</${name}>`;
}
