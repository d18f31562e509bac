import type { MaskedExchange } from '../observability/masked-exchange.js';
import { indented } from '../shared/indented.js';
import type { Diagnosis } from './diagnosis.js';

/** A diagnosis for people. */
export function textOf(diagnosis: Diagnosis): string {
  const { name, isAnswered, httpStatus, exchange, seen, assumed, advice, isLive } = diagnosis;
  const outcome = isAnswered ? 'would be answered' : 'would not be answered';
  const sections = [
    `${name}: ${outcome}${exchange ? `, with ${exchange.status}` : ''}`,
    ...(exchange ? section('request', requestLines(exchange)) : []),
    ...seen.flatMap(({ what, is, why }) => section(what, [`${is}: ${why}`])),
    ...(exchange ? callSections(exchange, isLive) : []),
    ...section('reply', exchange ? replyLines(exchange) : [`HTTP ${httpStatus}`]),
    ...section('assumed', assumed),
    ...section('cause', exchange?.cause === undefined ? [] : [exchange.cause]),
    ...section(isAnswered ? 'note' : 'to do', advice),
  ];
  return `${sections.join('\n')}\n`;
}

/** How wide the names of sections are. */
const WIDTH = 15;

/** Lines with their name before the first of them. */
function section(name: string, lines: readonly string[]): string[] {
  const texts = lines.flatMap((line) => line.split('\n'));
  return texts.map((line, n) => `  ${(n === 0 ? name : '').padEnd(WIDTH)} ${line}`.trimEnd());
}

function requestLines({ request: { method, target, headers } }: MaskedExchange): string[] {
  const told = headers.filter(([name]) => /^(?:content-type|content-encoding|soapaction|user-agent)$/i.test(name));
  return [
    `${method} ${target}`.trim() || 'none that could be read',
    ...told.map(([name, value]) => `${name}: ${value}`),
  ];
}

function callSections({ call, application, upstream }: MaskedExchange, isLive: boolean): string[] {
  return [
    ...section(
      'call',
      call ? [call.action, ...call.parameters.map(([name, value]) => `  ${name} = ${value}`)] : ['none'],
    ),
    ...section('application', [application ? application.name : 'none']),
    ...(application ? section('provider', [`${application.provider} at ${application.baseUrl}`]) : []),
    ...upstream.flatMap(({ method, url, headers, body, outcome }) =>
      section('modern request', [
        `${method} ${url}`,
        ...headers.map(([name, value]) => `${name}: ${value}`),
        ...(body === '' ? [] : [body]),
        `→ ${outcome}${isLive ? '' : ', from the recorder'}`,
      ]),
    ),
  ];
}

function replyLines({ reply: { status, headers, body } }: MaskedExchange): string[] {
  return [`HTTP ${status}`, ...headers.map(([name, value]) => `${name}: ${value}`), ...indented(body).split('\n')];
}

/** A diagnosis for programs. */
export function jsonOf({ name, isAnswered, httpStatus, exchange, seen, assumed, advice, isLive }: Diagnosis): object {
  const { status, request, call, application, upstream, cause, reply } = exchange ?? {};
  return {
    name,
    answered: isAnswered,
    http_status: httpStatus,
    status,
    request: request && {
      method: request.method,
      target: request.target,
      headers: request.headers,
      body: request.body,
    },
    seen,
    call,
    application: application && {
      name: application.name,
      provider: application.provider,
      base_url: application.baseUrl,
    },
    modern_requests: upstream?.map(({ method, url, headers, body, outcome, reply: got }) => ({
      ...{ method, url, headers, body, outcome },
      reply: got && { from: isLive ? 'the modern API' : 'the recorder', ...got },
    })),
    reply,
    cause,
    assumed,
    advice,
  };
}
