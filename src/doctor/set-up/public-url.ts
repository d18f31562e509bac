import { gzipSync } from 'node:zlib';
import { codeOf, messageOf } from '../../shared/errors.js';
import { wordsFor } from '../../upstream/outage-words.js';
import { ask, type Pieces, type Reply } from './ask.js';
import { type Check, type Finding, good, toDo } from './finding.js';
import { tlsVersionFindings } from './tls-versions.js';

/** A request through the proxy, and what a good reply to it has. */
interface Trial {
  readonly what: string;
  readonly pieces: (host: string) => Pieces;
  readonly isGood: (reply: Reply, publicUrl: string) => boolean;
  /** What to change in the proxy otherwise. */
  readonly otherwise: string;
}

/** By this its calls are told from those of programs, in the log and in the ledger of who still calls. */
const NAME = 'boxbridge-doctor';

/** A call of nobody: a bridge that has read it answers that its api_key is not known. */
const FORM = `action=logout&api_key=${NAME}&auth_token=none`;
const ENVELOPE = `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><logout xmlns="urn:boxnet"><api_key>${NAME}</api_key><auth_token>none</auth_token></logout></e:Body></e:Envelope>`;

function request(host: string, start: string, headers: readonly string[], body: string | Buffer = ''): Pieces {
  const head = [`${start} HTTP/1.1`, `Host: ${host}`, 'Connection: close', `User-Agent: ${NAME}`, ...headers].join(
    '\r\n',
  );
  return [Buffer.concat([Buffer.from(`${head}\r\n\r\n`), Buffer.from(body)])];
}

function post(host: string, format: string, body: string | Buffer, headers: readonly string[] = []): Pieces {
  return request(host, `POST /api/1.0/${format}`, [`Content-Length: ${Buffer.byteLength(body)}`, ...headers], body);
}

/** Whether the bridge itself replied: a proxy's own page has no such header. */
const isOfBridge = ({ head }: Reply) => /^x-request-id:/im.test(head);
const isRead = (reply: Reply) => isOfBridge(reply) && reply.body.includes('application_restricted');

const trials: readonly Trial[] = [
  {
    what: 'Host and scheme',
    pieces: (host) => request(host, 'GET /api/1.0/soap?wsdl', []),
    isGood: ({ body }, publicUrl) => body.includes(`location="${publicUrl}/api/1.0/soap"`),
    otherwise:
      'lead this host to a bridge with the same `public_url`, and pass the query on: its WSDL names another address',
  },
  {
    what: 'Content-Length',
    pieces: (host) => post(host, 'rest', FORM),
    isGood: (reply) =>
      isRead(reply) && /^content-length:/im.test(reply.head) && !/^transfer-encoding:/im.test(reply.head),
    otherwise: 'pass replies on with their Content-Length, not in chunks: old programs read no chunks',
  },
  {
    what: 'chunks',
    pieces: (host) =>
      request(
        host,
        'POST /api/1.0/rest',
        ['Transfer-Encoding: chunked'],
        `${FORM.length.toString(16)}\r\n${FORM}\r\n0\r\n\r\n`,
      ),
    isGood: isRead,
    otherwise: 'pass requests in chunks on, as Axis 2 and .NET send them',
  },
  {
    what: 'Expect',
    pieces: (host) => [
      ...request(host, 'POST /api/1.0/rest', [`Content-Length: ${FORM.length}`, 'Expect: 100-continue']),
      Buffer.from(FORM),
    ],
    isGood: isRead,
    otherwise: 'answer `Expect: 100-continue`, or pass it on: .NET and curl wait for it',
  },
  {
    what: 'SOAPAction',
    pieces: (host) =>
      post(host, 'soap', ENVELOPE, [
        'Content-Type: text/xml; charset=utf-8',
        'SOAPAction: "urn:boxnet#Box_SoapApi#logout"',
      ]),
    isGood: (reply) => isRead(reply) && reply.body.includes('Envelope'),
    otherwise: 'let SOAP through: requests with a SOAPAction and text/xml',
  },
  {
    what: '%2F',
    pieces: (host) => request(host, 'GET /api/1.0/auth/boxbridge%2Fdoctor', []),
    isGood: (reply) => isOfBridge(reply) && reply.status === 404,
    otherwise: 'pass the path on as it came, with its %2F (Apache: `AllowEncodedSlashes NoDecode` and `nocanon`)',
  },
  {
    what: 'gzip',
    pieces: (host) => post(host, 'rest', gzipSync(FORM), ['Content-Encoding: gzip']),
    isGood: (reply) => isRead(reply) && !/^content-encoding:/im.test(reply.head),
    otherwise: 'pass packed requests on, and pack no reply to a program that does not ask for it',
  },
];

/** How long each trial may take, in milliseconds. */
const TRIAL_MS = 5000;

/** The bridge as old programs see it at `public_url`, through whatever is in front of it. It has to run. */
export const checkPublicUrl: Check = async ({ config: { publicUrl } }) => {
  if (publicUrl === undefined) return [good('public_url', 'none is configured')];
  const url = new URL(publicUrl);
  const silence = await silenceOf(url);
  if (silence !== undefined) {
    return [toDo('public_url', `start the bridge, and let ${url.host} lead to it: nothing answers there (${silence})`)];
  }
  const findings = await Promise.all(trials.map((trial) => findingOf(trial, url, publicUrl)));
  const versions = url.protocol === 'https:' ? await tlsVersionFindings(url, TRIAL_MS) : [];
  return [...findings, ...versions];
};

/** Why nothing at all answers; undefined where something does. */
function silenceOf(url: URL): Promise<string | undefined> {
  return ask(url, request(url.host, 'GET /', []), TRIAL_MS).then(
    () => undefined,
    (error: unknown) => wordsFor(codeOf(error) ?? messageOf(error)),
  );
}

async function findingOf({ what, pieces, isGood, otherwise }: Trial, url: URL, publicUrl: string): Promise<Finding> {
  const name = `public_url: ${what}`;
  try {
    const reply = await ask(url, pieces(url.host), TRIAL_MS);
    if (isGood(reply, publicUrl)) return good(name, 'as it should be');
    return toDo(name, `${otherwise} (HTTP ${reply.status}${isOfBridge(reply) ? '' : ', not from the bridge'})`);
  } catch (error) {
    return toDo(name, `${otherwise} (${codeOf(error) ?? messageOf(error)} at ${url.origin})`);
  }
}
