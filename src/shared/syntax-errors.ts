import type { Session } from 'node:inspector';

/** The places of the syntax errors in modules that are imported meanwhile. */
export interface SyntaxErrors {
  /** The URL and the line of a syntax error; undefined of any other error. */
  readonly placeOf: (error: unknown) => { readonly url: string; readonly line: number } | undefined;
  readonly end: () => void;
}

/** https://chromedevtools.github.io/devtools-protocol/v8/Runtime/#method-getExceptionDetails */
interface ExceptionReply {
  readonly exceptionDetails?: { readonly scriptId?: string; readonly lineNumber?: number };
}

/** Where an error is for the time in which the inspector looks at it. */
const KEY = 'boxbridgeSyntaxError';

/**
 * Asks V8 for the places of syntax errors: the errors that `import` gives do not tell them.
 * https://chromedevtools.github.io/devtools-protocol/v8/Debugger/#event-scriptFailedToParse
 */
export async function watchSyntaxErrors(): Promise<SyntaxErrors> {
  const session = await openSession();
  if (!session) return { placeOf: () => undefined, end: () => {} };
  const urls = new Map<string | undefined, string>();
  session.on('Debugger.scriptFailedToParse', ({ params: { scriptId, url } }) => void urls.set(scriptId, url));
  session.post('Debugger.enable');
  session.post('Debugger.setSkipAllPauses', { skip: true });
  return {
    placeOf: (error) => {
      let place: ReturnType<SyntaxErrors['placeOf']>;
      Object.defineProperty(globalThis, KEY, { value: error, configurable: true });
      // The inspector of the own thread replies at once.
      session.post('Runtime.evaluate', { expression: KEY }, (_, found) => {
        const { objectId: errorObjectId = '' } = found?.result ?? {};
        session.post('Runtime.getExceptionDetails', { errorObjectId }, (_, reply) => {
          const { exceptionDetails = {} }: ExceptionReply = reply ?? {};
          const { scriptId, lineNumber = 0 } = exceptionDetails;
          const url = urls.get(scriptId);
          if (url !== undefined) place = { url, line: lineNumber + 1 };
        });
      });
      Reflect.deleteProperty(globalThis, KEY);
      return place;
    },
    end: () => session.disconnect(),
  };
}

/** Undefined in a Node.js that has no inspector, or forbids it. */
async function openSession(): Promise<Session | undefined> {
  try {
    const { Session } = await import('node:inspector');
    const session = new Session();
    session.connect();
    return session;
  } catch {
    return undefined;
  }
}
