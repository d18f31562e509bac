/** A request of an old program, as its bytes would arrive. */
export interface RecordedRequest {
  /** Where it is from, for the operator, such as `entry 3`. */
  readonly name: string;
  readonly bytes: Buffer;
}

/** A request in parts. */
interface RequestParts {
  readonly method: string;
  /** The path with its query. */
  readonly target: string;
  /** Without Content-Length, Transfer-Encoding and Connection, which are those of the body. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** Headers that frame a message: https://www.rfc-editor.org/rfc/rfc9112#section-6. */
const FRAMING = /^(?:content-length|transfer-encoding|connection|proxy-connection|keep-alive|expect)$/i;

/** The bytes of a request of HTTP/1.1 on a connection that is closed after it. */
export function bytesOf({ method, target, headers, body }: RequestParts): Buffer {
  const kept = headers.filter(([name]) => !FRAMING.test(name) && !name.startsWith(':'));
  const length = body.length > 0 || method === 'POST' ? [['Content-Length', `${body.length}`] as const] : [];
  const lines = [...kept, ...length, ['Connection', 'close'] as const].map(([name, value]) => `${name}: ${value}`);
  const head = [`${method} ${target} HTTP/1.1`, ...lines].map(oneLine).join('\r\n');
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), body]);
}

/** A recorder may have joined several values with line ends, which would begin another header. */
function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ');
}
