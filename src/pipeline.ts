import type { Application, FindApplication } from './applications.js';
import type { Bridge } from './bridge.js';
import { type Answer, type Call, refusal, single, success } from './call.js';
import { Fault, toFault } from './fault.js';
import type { Log } from './log.js';
import type { LegacyRequest, Protocol } from './protocols/protocol.js';

export interface PipelineReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * The way of every call: decoded, performed, encoded. A request that never becomes a call (a wrong method, a body too
 * large) comes in as its Fault. Whatever happens, the caller gets a reply in its own format.
 */
export type Pipeline = (protocol: Protocol, request: LegacyRequest | Fault) => Promise<PipelineReply>;

export function createPipeline(parts: { find: FindApplication; bridge: Bridge; log: Log }): Pipeline {
  const { find, bridge, log } = parts;

  return async (protocol, request) => {
    let call: Call | undefined;
    let application: Application | undefined;
    let answer: Answer;
    try {
      if (request instanceof Fault) throw request;
      call = protocol.decode(request);
      application = find(single(call.parameters, 'api_key') ?? '');
      answer = success(call.action, await bridge(call, application));
    } catch (error) {
      const fault = toFault(error);
      note(log, fault, protocol.name, call?.action);
      answer = refusal(fault, call?.action);
    }
    const { status, body } = protocol.encode(answer, {
      unknownNumbers: application?.unknownNumbers ?? 'auto',
      faultStatus: application?.faultStatus ?? 500,
      userAgent: request instanceof Fault ? '' : request.userAgent,
    });
    return { status, headers: headersOf(answer), body };
  };
}

/** What the operator has to know: the cause, which the caller never sees. */
function note(log: Log, { reason, cause }: Fault, protocol: string, action: string | undefined): void {
  if (reason === 'internal') log.error({ protocol, action, err: cause }, 'a defect of the bridge');
  if (reason === 'unavailable') log.warn({ protocol, action, err: cause }, 'a call could not be answered');
}

function headersOf({ retryAfter }: Answer): Record<string, string> {
  return {
    'Content-Type': 'text/xml',
    'Cache-Control': 'no-store',
    ...(retryAfter !== undefined && { 'Retry-After': String(retryAfter) }),
  };
}
