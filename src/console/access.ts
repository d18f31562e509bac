import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { httpErrors } from '../core/error-mapping.js';
import { isFromAnotherSite } from '../http/cross-site.js';
import type { Log } from '../observability/log.js';
import { isLoopback } from '../shared/loopback.js';
import { createMemoryRateLimiter, msUntilNextPoint, type RateLimiter } from '../shared/rate-limiter.js';

/** How many requests without the password an address has in a minute. */
const TRIES = 20;
const MINUTE_SECONDS = 60;

export interface AccessOptions {
  /** Absent: whoever is on this machine may see the console. */
  readonly password?: string | undefined;
  readonly log: Pick<Log, 'warn'>;
}

/**
 * Lets operators in, and tells others nothing. With a password it takes HTTP Basic with any user name
 * (https://www.rfc-editor.org/rfc/rfc7617). Without one the listener is on loopback, and the Host header MUST name it so:
 * else a page of a site whose name was rebound to this machine could read the console. But for a visit, a request MUST NOT
 * come from the page of another site.
 */
export function guard({ password, log }: AccessOptions, tries: RateLimiter): RequestHandler {
  const isAdmitted = password === undefined ? admitHost : admitPassword(password, log, tries);
  return async (request, response, next) => {
    const refusal = (await isAdmitted(request)) ?? refuseForgery(request);
    if (!refusal) return next();
    const { status, headers = {}, text } = refusal;
    response.status(status).set(headers).type('text/plain').send(`${text}\n`);
  };
}

/** Why a request is not let in; undefined where it is. */
type Refuse = (request: IncomingMessage) => Promise<Refusal | undefined> | Refusal | undefined;

interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text: string;
}

const admitHost: Refuse = ({ headers: { host = '' } }) => {
  const url = `http://${host}`;
  // IPv6 has brackets in URLs.
  const name = URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '';
  return isLoopback(name) ? undefined : { status: httpErrors.forbidden, text: 'not here' };
};

/** Counts the requests of each address without the password. */
export const createTries = (): RateLimiter =>
  createMemoryRateLimiter({ name: 'console', points: TRIES, seconds: MINUTE_SECONDS });

function admitPassword(password: string, log: AccessOptions['log'], tries: RateLimiter): Refuse {
  const expected = digestOf(password);
  return async ({ headers: { authorization = '' }, socket }) => {
    const address = socket.remoteAddress ?? '';
    const spent = await tries.get(address);
    if (spent && spent.remainingPoints <= 0) return tooMany(spent.msBeforeNext);
    if (timingSafeEqual(digestOf(passwordIn(authorization)), expected)) return undefined;
    if (authorization !== '') log.warn({ address }, 'a wrong password at the console');
    const over = await tries.consume(address).then(() => undefined, msUntilNextPoint);
    if (over !== undefined) return tooMany(over);
    return {
      status: httpErrors.unauthorized,
      headers: { 'WWW-Authenticate': 'Basic realm="console", charset="UTF-8"' },
      text: 'not without a password',
    };
  };
}

function tooMany(ms: number): Refusal {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  return { status: httpErrors.tooManyRequests, headers: { 'Retry-After': `${seconds}` }, text: 'later' };
}

function refuseForgery(request: IncomingMessage): Refusal | undefined {
  const { method = '', headers } = request;
  // A link on the page of another site may lead here.
  const isVisit = headers['sec-fetch-mode'] === 'navigate' && (method === 'GET' || method === 'HEAD');
  if (isVisit) return undefined;
  const isForged = isFromAnotherSite(request, undefined) || headers.origin === 'null';
  return isForged ? { status: httpErrors.forbidden, text: 'not from the page of another site' } : undefined;
}

/** The password of an Authorization header; empty where there is none. */
function passwordIn(authorization: string): string {
  const [, credentials = ''] = /^Basic +([\w+/=-]+)$/i.exec(authorization) ?? [];
  return Buffer.from(credentials, 'base64')
    .toString('utf8')
    .replace(/^[^:]*:?/, '');
}

/** Of the same length for every text. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
