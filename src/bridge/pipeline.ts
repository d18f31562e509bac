import type { Application, FindApplication } from '../applications/application.js';
import type { Answer } from '../core/answer.js';
import { type Call, singleValue } from '../core/call.js';
import { toErrorAnswer, toSuccessAnswer } from '../core/error-mapping.js';
import { Fault, toFault } from '../core/fault.js';
import type { Observer } from '../observability/observer.js';
import type { DecodedRequest, LegacyReply, LegacyRequest, Protocol, ReplyOptions } from '../protocols/protocol.js';
import { encodeText, UTF_8 } from '../shared/charset.js';
import type { Admission } from './admission.js';
import type { Dispatcher } from './dispatcher.js';

/** A request, with what HTTP knows of it beside its content. */
export interface IncomingCall {
  readonly request: LegacyRequest;
  /** The request id of the log. */
  readonly id: string;
  /** The caller's, for the rate limit. */
  readonly address: string;
  /** Why it never becomes a call: a wrong method, a body too large. */
  readonly failure: Fault | undefined;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Every request takes this way, and every one gets a reply in its own format. Never throws. */
export type Pipeline = (protocol: Protocol, incoming: IncomingCall) => Promise<HttpReply>;

export interface PipelineParts {
  readonly findApplication: FindApplication;
  readonly admission: Admission;
  readonly dispatch: Dispatcher;
  readonly observer: Observer;
}

const defaultReplyOptions: ReplyOptions = { unknownNumbers: 'auto', faultStatus: 500, replyCharset: UTF_8 };

export function createPipeline({ findApplication, admission, dispatch, observer }: PipelineParts): Pipeline {
  return (protocol, { request, id, address, failure }) =>
    observer.call({ protocol: protocol.name, id }, async (report) => {
      let decoded: DecodedRequest | undefined;
      let call: Call | undefined;
      let application: Application | undefined;
      let answer: Answer;
      let cause: unknown;
      try {
        decoded = protocol.decode(request);
        await admission.rateLimit(address);
        if (failure) throw failure;
        const asked = decoded.call();
        call = asked;
        application = findApplication(singleValue(asked.parameters, 'api_key') ?? '');
        if (decoded.rejection) throw decoded.rejection;
        answer = toSuccessAnswer(asked.action, await admission.run(application, () => dispatch(asked, application)));
      } catch (error) {
        const fault = toFault(error);
        cause = fault.cause;
        answer = toErrorAnswer(fault, call?.action);
      }
      let reply: HttpReply;
      try {
        const options = application ?? defaultReplyOptions;
        const encoded = decoded?.encode(answer, options) ?? protocol.internalError;
        reply = toHttpReply(encoded, answer, decoded ? options : defaultReplyOptions);
      } catch (error) {
        cause = error;
        answer = toErrorAnswer(new Fault('internal'), call?.action);
        reply = toHttpReply(protocol.internalError, answer, defaultReplyOptions);
      }
      const { action, status, reason } = answer;
      report({ application, action, status, http: reply.status, reason, cause });
      return reply;
    });
}

function toHttpReply(
  { status, mediaType, body }: LegacyReply,
  { retryAfter }: Answer,
  { replyCharset }: ReplyOptions,
): HttpReply {
  // The old service named no character set; the document itself does.
  const isNamed = replyCharset !== UTF_8 || mediaType !== 'text/xml';
  const headers = {
    'Content-Type': isNamed ? `${mediaType}; charset=${replyCharset.toLowerCase()}` : mediaType,
    'Cache-Control': 'no-store',
    ...(retryAfter !== undefined && { 'Retry-After': String(retryAfter) }),
  };
  return { status, headers, body: encodeText(body, replyCharset) };
}
