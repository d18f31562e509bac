import type { IncomingMessage } from 'node:http';
import { readBody } from '../http/body.js';

const FORM_BYTES = 65_536;

/** The fields of a form that a page of the console sent. Throws a Fault where it cannot be read. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  return new URLSearchParams((await readBody(request, FORM_BYTES)).toString('utf8'));
}
