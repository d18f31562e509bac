import type { Application, FindApplication } from '../applications/application.js';
import type { Answer } from '../core/answer.js';
import { type Call, singleValue } from '../core/call.js';
import { defaultFaultStatus, faultOfCall, toErrorAnswer, toSuccessAnswer } from '../core/error-mapping.js';
import { Fault, toFault } from '../core/fault.js';
import type { Observer } from '../observability/observer.js';
import type { DecodedRequest, LegacyReply, LegacyRequest, Protocol, ReplyOptions } from '../protocols/protocol.js';
import { encodeText } from '../shared/charset.js';
import { UTF_8 } from '../shared/charset-labels.js';
import type { Admission } from './admission.js';
import { refuseInBlackout } from './blackout.js';
import { causeOf } from './cause.js';
import type { Dispatcher } from './dispatcher.js';
import { unservedIn } from './unserved.js';

/** A request at the path of a protocol, and what HTTP knows of it. */
interface IncomingCall {
  readonly request: LegacyRequest;
  /** The request id of the log. */
  readonly id: string;
  /** The caller's address, for the rate limit. */
  readonly address: string;
  /** The method and the target of the request, for the log; empty where none could be read. */
  readonly method: string;
  readonly target: string;
  /** Names and values in turn, as sent. */
  readonly headers: readonly string[];
  /**
   * Why HTTP rejects the request, such as a wrong method or a body too large; it is then answered without being
   * performed.
   */
  readonly failure: Fault | undefined;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Text is UTF-8: Node writes it together with the head. */
  readonly body: string | Buffer;
}

/** Answers a request in the format of its protocol. Every request takes this way. Never rejects. */
export type Pipeline = (protocol: Protocol, incoming: IncomingCall) => Promise<HttpReply>;

export interface PipelineParts {
  readonly findApplication: FindApplication;
  readonly admission: Admission;
  readonly dispatch: Dispatcher;
  readonly observer: Observer;
}

const defaultReplyOptions: ReplyOptions = {
  unknownNumbers: 'auto',
  faultStatus: defaultFaultStatus,
  replyCharset: UTF_8,
};

export function createPipeline({ findApplication, admission, dispatch, observer }: PipelineParts): Pipeline {
  return (protocol, { request, id, address, method, target, headers, failure }) =>
    observer.call({ protocol: protocol.name, id }, async (scope, report) => {
      let decoded: DecodedRequest | undefined;
      let call: Call | undefined;
      let application: Application | undefined;
      let answer: Answer;
      let cause: unknown;
      try {
        if (protocol.load) await protocol.load();
        decoded = protocol.decode(request);
        await admission.rateLimit(address);
        if (failure) throw failure;
        const asked = decoded.call();
        call = asked;
        const apiKey = singleValue(asked.parameters, 'api_key');
        application = apiKey === undefined ? undefined : findApplication(apiKey);
        refuseInBlackout(application, Date.now());
        if (decoded.rejection) throw decoded.rejection;
        const caller = { address, apiKey, application, scope };
        answer = toSuccessAnswer(asked.action, await admission.run(scope, application, () => dispatch(asked, caller)));
      } catch (error) {
        const fault = toFault(error);
        cause = causeOf(fault, call?.parameters, application);
        answer = toErrorAnswer(call ? faultOfCall(fault, call, scope.secrets) : fault, call?.action);
      }
      let reply: HttpReply;
      try {
        const options = application ?? defaultReplyOptions;
        reply = decoded
          ? toHttpReply(decoded.encode(answer, options), answer, options, application)
          : toHttpReply(protocol.internalError, answer, defaultReplyOptions);
      } catch (error) {
        cause = error;
        answer = toErrorAnswer(new Fault('internal'), call?.action);
        reply = toHttpReply(protocol.internalError, answer, defaultReplyOptions, application);
      }
      const { body, contentType, userAgent } = request;
      const received = { method, target, headers, body, contentType };
      const unserved = unservedIn({ call, failure, target, reason: answer.reason });
      const { seen } = decoded ?? {};
      report({ address, userAgent, request: received, seen, call, application, answer, reply, cause, unserved });
      return reply;
    });
}

function toHttpReply(
  { status, mediaType, body }: LegacyReply,
  { retryAfter }: Answer,
  { replyCharset }: ReplyOptions,
  application?: Pick<Application, 'headers'>,
): HttpReply {
  const encoded = replyCharset === UTF_8 ? body : encodeText(body.toString(), replyCharset);
  // The old service sent no charset parameter for UTF-8; the XML declaration names it.
  const isNamed = replyCharset !== UTF_8 || mediaType !== 'text/xml';
  const headers = {
    'Content-Type': isNamed ? `${mediaType}; charset=${replyCharset.toLowerCase()}` : mediaType,
    'Cache-Control': 'no-store',
    ...(retryAfter !== undefined && { 'Retry-After': String(retryAfter) }),
    ...application?.headers,
    'Content-Length': String(Buffer.byteLength(encoded)),
  };
  return { status, headers, body: encoded };
}
