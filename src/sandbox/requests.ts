import express, { type ErrorRequestHandler, type Request, type Response, type Router } from 'express';

/** A router with strict, case-sensitive paths that reads every body as bytes. */
export function strictRouter(): Router {
  const router = express.Router({ strict: true, caseSensitive: true });
  router.use(express.raw({ type: () => true }));
  return router;
}

/** The body of a request to a `strictRouter`; no bytes where there was none. */
export function bodyBytes(request: Request): Buffer {
  const body: unknown = request.body;
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

/** The body as JSON, or undefined where it is not JSON. */
export function bodyJson(request: Request): unknown {
  try {
    return JSON.parse(bodyBytes(request).toString('utf8'));
  } catch {
    return undefined;
  }
}

/** The media type of the body in lower case without its parameters, empty where the request names none. */
export function mediaType(request: Request): string {
  const [type = ''] = (request.get('content-type') ?? '').split(';');
  return type.trim().toLowerCase();
}

/** The credentials of the Authorization header; undefined where the scheme is another one. */
export function credential(request: Request, scheme: string): string | undefined {
  const [name, value, ...rest] = (request.get('authorization') ?? '').split(' ');
  return name?.toLowerCase() === scheme.toLowerCase() && rest.length === 0 ? value : undefined;
}

/** Whether a JSON value is an object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value is text that has the shape of an e-mail address. */
export function isEmail(value: unknown): value is string {
  return typeof value === 'string' && /^[^\s@]+@[^\s@]+$/.test(value);
}

/** Whether two addresses or names are equal, ignoring case. */
export function sameText(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** Answers a request that could not be read, such as one with a malformed or too large body, in the API's own form. */
export function failureHandler(reject: (response: Response, status: number) => void): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    const status = isRecord(error) && typeof error.status === 'number' ? error.status : 500;
    reject(response, status);
  };
}
