import type { Exchange, ReceivedRequest, UpstreamExchange } from '../core/exchange.js';
import { createMask, type Replace } from '../core/secrets.js';
import { decodeBody } from '../shared/charset.js';
import { type FormText, formText } from '../shared/form-text.js';
import { leavesOf } from '../shared/json.js';
import { parseJson } from '../shared/json-parser.js';
import { maskedPath } from './masked-path.js';
import {
  isDocument,
  isMultipart,
  isSecretName,
  maskMultipart,
  maskName,
  maskPairs,
  maskParameter,
  maskReplyDocument,
  maskRequestDocument,
} from './masked-texts.js';

type Pairs = readonly (readonly [name: string, value: string])[];

/** A message with its body as text. */
interface MaskedMessage {
  readonly headers: Pairs;
  readonly body: string;
}

/** An exchange that holds no secret: it may be kept and shown. */
export interface MaskedExchange
  extends Pick<Exchange, 'id' | 'protocol' | 'address' | 'userAgent' | 'startedAt' | 'ms' | 'application' | 'cause'> {
  readonly request: MaskedMessage & Pick<ReceivedRequest, 'method' | 'target' | 'contentType'>;
  readonly call: { readonly action: string; readonly parameters: Pairs } | undefined;
  readonly upstream: readonly MaskedUpstream[];
  /** Undefined where no action was decoded. */
  readonly action: string | undefined;
  /** The status word. */
  readonly status: string;
  readonly reply: MaskedMessage & { readonly status: number };
}

interface MaskedUpstream extends MaskedMessage, Pick<UpstreamExchange, 'method' | 'url' | 'outcome' | 'ms'> {
  /** Undefined where none arrived. */
  readonly reply: MaskedMessage | undefined;
}

/**
 * An exchange with each secret replaced, in whatever form: every value of the caller's but those of parameters that are
 * listed as harmless, and what the modern API and the bridge themselves issued.
 */
export function maskExchange(exchange: Exchange, replace: Replace): MaskedExchange {
  const { request, call, application, upstream, answer, reply } = exchange;
  const parameters = [...(call?.parameters ?? [])].flatMap(([name, values]) =>
    values.map((value) => [name, value] as const),
  );
  const issued = upstream.flatMap((each) => [each.body, each.reply?.text ?? '']).flatMap(secretsInJson);
  const action = call ? [['action', call.action] as const] : [];
  const secrets = [...exchange.secrets, ...secretsAmong([...action, ...parameters]), ...issued];
  const mask = createMask(secrets, replace);
  const message = (headers: Pairs, body: string): MaskedMessage => ({
    headers: maskHeaders(headers, mask, replace),
    body,
  });
  const { id, protocol, address, userAgent, startedAt, ms } = exchange;
  return {
    ...{ id, protocol, address, userAgent: mask(userAgent), startedAt, ms },
    application: application && {
      name: application.name,
      provider: application.provider,
      baseUrl: application.baseUrl,
    },
    cause: exchange.cause && mask(exchange.cause),
    request: {
      method: request.method,
      target: maskTarget(request.target, replace),
      contentType: mask(request.contentType),
      ...message(inPairs(request.headers), mask(maskRequestBody(request, replace))),
    },
    call: call && {
      action: maskName(call.action, replace),
      parameters: parameters.map(([name, value]) => [
        maskName(name, replace),
        mask(maskParameter(name, value, replace)),
      ]),
    },
    upstream: upstream.map(({ method, url, headers, body, outcome, ms: took, reply: got }) => ({
      ...{ method, url: mask(url), outcome, ms: took },
      ...message(Object.entries(headers), mask(body)),
      reply: got && message(headerPairs(got.headers), mask(got.text)),
    })),
    action: answer.action && maskName(answer.action, replace),
    status: answer.status,
    reply: {
      status: reply.status,
      ...message(Object.entries(reply.headers), mask(maskReplyDocument(textOfReply(reply), replace))),
    },
  };
}

function secretsAmong(parameters: Pairs): string[] {
  return parameters.flatMap(([name, value]) => (maskParameter(name, value, () => '') === value ? [] : [value]));
}

/** The values in JSON whose names tell that they are secrets. */
function secretsInJson(text: string): string[] {
  if (text === '') return [];
  try {
    const { leaves } = leavesOf(parseJson(text));
    return leaves.flatMap(({ name, value }) => (value && isSecretName(name.split('.').at(-1) ?? '') ? [value] : []));
  } catch {
    // Not JSON: what is known to be secret is replaced in it as in any text.
    return [];
  }
}

function maskTarget(target: string, replace: Replace): string {
  const question = target.indexOf('?');
  if (question < 0) return maskedPath(target);
  const query = formText(Buffer.from(target.slice(question + 1), 'latin1'), '');
  return `${maskedPath(target)}?${maskPairs(query, replace)}`;
}

/** In the form that it looks like; where it looks like none, all of it is replaced. */
function maskRequestBody({ body, contentType }: ReceivedRequest, replace: Replace): string {
  const text = textOf(body, contentType);
  if (text !== undefined && isDocument(text)) return maskRequestDocument(text, replace);
  const parts = text !== undefined && isMultipart(text) ? maskMultipart(text, replace) : undefined;
  if (parts !== undefined) return parts;
  // Half a character may be escaped, and the other half not: the form is text though its bytes are none.
  const form = formOf(body, contentType);
  if (form?.text.includes('=')) return maskPairs(form, replace);
  return text === undefined ? replace(body.toString('base64')) : text.trim() && replace(text);
}

function formOf(body: Buffer, contentType: string): FormText | undefined {
  try {
    return formText(body, contentType);
  } catch {
    return undefined;
  }
}

function textOf(body: Buffer, contentType: string): string | undefined {
  try {
    return decodeBody(body, contentType);
  } catch {
    return undefined;
  }
}

function textOfReply({ body, headers }: Exchange['reply']): string {
  return typeof body === 'string' ? body : (textOf(body, headers['Content-Type'] ?? '') ?? '');
}

function inPairs(rawHeaders: readonly string[]): Pairs {
  return rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ''] as const] : []));
}

function headerPairs(headers: NonNullable<UpstreamExchange['reply']>['headers']): Pairs {
  return Object.entries(headers).map(([name, value]) => [name, String(value ?? '')] as const);
}

/** Headers whose values are shown. */
const SHOWN_HEADERS =
  /^(?:accept(?:-.*)?|access-control-.*|age|allow|cache-control|connection|content-.*|date|deprecation|etag|expect|expires|forwarded|host|keep-alive|last-modified|link|retry-after|server|soapaction|sunset|transfer-encoding|user-agent|vary|via|x-forwarded-.*|x-ratelimit-.*|x-request-id)$/i;

function maskHeaders(headers: Pairs, mask: (text: string) => string, replace: Replace): Pairs {
  return headers.map(([name, value]) => [name, SHOWN_HEADERS.test(name) ? mask(value) : replace(value)]);
}
