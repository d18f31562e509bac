import { connect } from 'node:net';

/** What is sent: `$TOKEN` in the request stands for a token. */
export interface Load {
  readonly url: string;
  /** Kept connections, with one request each at a time. */
  readonly connections: number;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body: string;
  readonly tokens: readonly string[];
  /** What a good reply contains. */
  readonly expected: string;
  /** How long, in milliseconds; or until every token was sent once, where it is 0. */
  readonly durationMs: number;
}

export interface LoadResult {
  readonly calls: number;
  /** Replies that were none of those expected. */
  readonly wrong: number;
  readonly seconds: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/**
 * Sends requests over raw sockets, so that the load takes as little as possible of the machine that it shares with what it
 * measures. Replies have a Content-Length or are chunked.
 */
export async function generate(load: Load): Promise<LoadResult> {
  const { hostname, port } = new URL(load.url);
  const requests = load.tokens.map((token) => requestFor(load, token));
  const times: number[] = [];
  let wrong = 0;
  let next = 0;
  const begin = performance.now();
  const isOver = () => (load.durationMs === 0 ? next >= requests.length : performance.now() - begin >= load.durationMs);

  const connection = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      let sentAt = 0;
      let text = '';
      const send = () => {
        if (isOver()) return void socket.end();
        text = '';
        sentAt = performance.now();
        socket.write(requests[next % requests.length] ?? '');
        next += 1;
      };
      socket.setEncoding('latin1');
      socket.on('connect', send).on('data', (chunk: string) => {
        text += chunk;
        const head = text.indexOf('\r\n\r\n');
        if (head < 0) return;
        const length = /content-length: *(\d+)/i.exec(text)?.[1];
        if (length === undefined ? !text.endsWith('\r\n0\r\n\r\n') : text.length < head + 4 + Number(length)) return;
        times.push(performance.now() - sentAt);
        if (!text.includes(load.expected)) wrong += 1;
        send();
      });
      socket.on('close', () => resolve()).on('error', reject);
    });
  await Promise.all(Array.from({ length: load.connections }, connection));
  const seconds = (performance.now() - begin) / 1000;
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { calls: times.length, wrong, seconds, p50: at(0.5), p99: at(0.99) };
}

function requestFor({ method, path, body, url }: Load, token: string): string {
  const content = body.replace('$TOKEN', token);
  const head = [
    `${method} ${path.replace('$TOKEN', token)} HTTP/1.1`,
    `Host: ${new URL(url).host}`,
    'User-Agent: bench',
    ...(content === '' ? [] : ['Content-Type: text/xml; charset=utf-8', `Content-Length: ${content.length}`]),
  ];
  return `${head.join('\r\n')}\r\n\r\n${content}`;
}

// As a process of its own: a load on each message, its result in reply.
if (process.send) {
  process.on('message', (load: Load) => {
    generate(load).then(
      (result) => process.send?.({ result }),
      (error: unknown) => process.send?.({ failed: String(error) }),
    );
  });
}
