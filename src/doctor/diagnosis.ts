import { httpErrors } from '../core/error-mapping.js';
import type { Exchange, Sighting } from '../core/exchange.js';
import { type MaskedExchange, maskExchange } from '../observability/masked-exchange.js';
import { adviceFor, type Circumstances } from './advice.js';
import { applicationOf, assumptionsOf } from './assumptions.js';
import type { Performed } from './stage.js';

/** What stands for a secret, as in the log. It needs no escape in a URL. */
const MASK = '***';

/** What is known of a request, without its secrets. */
export interface Diagnosis {
  /** Where the request is from. */
  readonly name: string;
  readonly isAnswered: boolean;
  /** HTTP status of the reply; 0 where there was none. */
  readonly httpStatus: number;
  /** Undefined where it is no call, such as a request of the sign-in page. */
  readonly exchange: MaskedExchange | undefined;
  /** What it was taken for. */
  readonly seen: readonly { readonly what: string; readonly is: string; readonly why: string }[];
  /** Whether the modern APIs themselves were asked. */
  readonly isLive: boolean;
  /** What was taken for granted. */
  readonly assumed: readonly string[];
  /** What to change. */
  readonly advice: readonly string[];
}

/** A diagnosis for each call in a request, or one where there is none. */
export function diagnose(performed: Performed, circumstances: Circumstances): Diagnosis[] {
  const { request, exchanges } = performed;
  const { name } = request;
  if (exchanges.length === 0) return [ofNoCall(performed, circumstances)];
  return exchanges.map((exchange) => ofCall(name, exchange, circumstances));
}

function ofCall(name: string, exchange: Exchange, circumstances: Circumstances): Diagnosis {
  const { config, isLive } = circumstances;
  const { call, answer, reply } = exchange;
  const masked = maskExchange(exchange, () => MASK);
  const application = call && applicationOf(call, config.applications);
  return {
    name,
    isAnswered: answer.reason === undefined,
    httpStatus: reply.status,
    exchange: masked,
    isLive,
    seen: [formatOf(masked), ...sightingsOf(exchange)],
    assumed: application && !isLive ? assumptionsOf(call, application) : [],
    advice: adviceFor(exchange, masked, circumstances),
  };
}

/** Of what never became a request nothing was seen. */
function sightingsOf({ call, request: { headers, body }, seen }: Exchange): readonly Sighting[] {
  return call || headers.length > 0 || body.length > 0 ? (seen?.() ?? []) : [];
}

function formatOf({ protocol, request: { target } }: MaskedExchange) {
  const path = `/api/1.0/${protocol}`;
  const why = target.toLowerCase().startsWith(path) ? `its path is ${path}` : 'its path is of no format';
  return { what: 'format', is: protocol.toUpperCase(), why };
}

/** The first line of a request of the sign-in page, whose ticket is a secret. */
const OF_PAGE = /^\S+ (?:https?:\/\/[^/ ]*)?\/+api\/1\.0\/auth\//i;

function ofNoCall({ request: { name, bytes }, received }: Performed, { isLive }: Circumstances): Diagnosis {
  const statuses = [...received.toString('latin1').matchAll(/^HTTP\/1\.\d (\d{3})/gm)].map(([, status]) =>
    Number(status),
  );
  const httpStatus = statuses.find((status) => status >= 200) ?? 0;
  const isAnswered = httpStatus >= 200 && httpStatus < 400;
  const adviceOnRefusal = OF_PAGE.test(bytes.toString('latin1'))
    ? adviceOnPage(httpStatus, isLive)
    : 'it is no call, and nothing answers it: look at its path';
  const advice = isAnswered
    ? 'it is no call: the bridge answers it by itself, such as the WSDL, the sign-in page or its health'
    : adviceOnRefusal;
  return { name, isAnswered, httpStatus, exchange: undefined, isLive, seen: [], assumed: [], advice: [advice] };
}

function adviceOnPage(httpStatus: number, isLive: boolean): string {
  if (httpStatus !== httpErrors.notFound)
    return 'it is one of the sign-in page, which could not take it: look at its form, and whether the modern API answers';
  return isLive
    ? 'it is one of the sign-in page, whose ticket is not known or over: put that of a new get_ticket into its path'
    : 'it is one of the sign-in page, for which there has to be a ticket: use --live within 15 minutes of its get_ticket';
}
