import type { Application, FindApplication } from '../applications/application.js';
import { type Answer, type Call, refusal, single, success } from '../core/call.js';
import { type Fault, toFault } from '../core/fault.js';
import type { Observer } from '../observability/observer.js';
import type { Dialect, LegacyReply, LegacyRequest, Protocol } from '../protocols/protocol.js';
import { encodeText, UTF_8 } from '../shared/charset.js';
import type { Gate } from './admission.js';
import type { Bridge } from './dispatcher.js';

/** A request, with what is known of it beside its content. */
export interface Arrival {
  readonly request: LegacyRequest;
  /** What the log calls it. */
  readonly id: string;
  /** Where it came from. */
  readonly address: string;
  /** Why it never becomes a call: a wrong method, a body too large. */
  readonly failure: Fault | undefined;
}

export interface PipelineReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The way of every call: read, let in, performed, encoded. Whatever happens, the caller gets a reply in its own format. */
export type Pipeline = (protocol: Protocol, arrival: Arrival) => Promise<PipelineReply>;

export interface PipelineParts {
  readonly find: FindApplication;
  readonly gate: Gate;
  readonly bridge: Bridge;
  readonly observer: Observer;
}

const plainDialect: Dialect = { unknownNumbers: 'auto', faultStatus: 500, replyCharset: UTF_8 };

export function createPipeline({ find, gate, bridge, observer }: PipelineParts): Pipeline {
  return (protocol, { request, id, address, failure }) =>
    observer.call({ protocol: protocol.name, id }, async (tell) => {
      const reading = protocol.read(request);
      let call: Call | undefined;
      let application: Application | undefined;
      let answer: Answer;
      let cause: unknown;
      try {
        await gate.count(address);
        if (failure) throw failure;
        const asked = reading.call();
        call = asked;
        application = find(single(asked.parameters, 'api_key') ?? '');
        if (reading.objection) throw reading.objection;
        answer = success(asked.action, await gate.pass(application, () => bridge(asked, application)));
      } catch (error) {
        const fault = toFault(error);
        cause = fault.cause;
        answer = refusal(fault, call?.action);
      }
      const dialect = application ?? plainDialect;
      const reply = packed(reading.encode(answer, dialect), answer, dialect);
      const { action, status, reason } = answer;
      tell({ application, action, status, http: reply.status, reason, cause });
      return reply;
    });
}

function packed({ status, mediaType, body }: LegacyReply, answer: Answer, { replyCharset }: Dialect): PipelineReply {
  // The old service named no character set; the document itself does.
  const isNamed = replyCharset !== UTF_8 || mediaType !== 'text/xml';
  const headers = {
    'Content-Type': isNamed ? `${mediaType}; charset=${replyCharset.toLowerCase()}` : mediaType,
    'Cache-Control': 'no-store',
    ...(answer.retryAfter !== undefined && { 'Retry-After': String(answer.retryAfter) }),
  };
  return { status, headers, body: encodeText(body, replyCharset) };
}
