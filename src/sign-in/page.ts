import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Eta } from 'eta';
import type { Language } from './languages/catalogue.js';

/** The content of a page, in plain text; it is escaped when rendered. */
export interface Page {
  readonly language: Language;
  readonly title: string;
  /** An error that concerns no field alone, shown as an alert. */
  readonly problem?: string | undefined;
  readonly text: string;
  /** Whether the user is signed in, in the mark-up that old programs look for. */
  readonly isSignedIn?: boolean;
  readonly form?: Form;
  /** What the bridge keeps, and how to undo it. */
  readonly kept?: { readonly title: string; readonly paragraphs: readonly string[] };
  /** Who runs the bridge. */
  readonly operator?: Operator | undefined;
}

interface Form {
  /** When and from where the ticket was asked for, and what the user is to make of it. */
  readonly caution: string;
  readonly fields: readonly Field[];
  /** Where it is sent; to the address of the page unless given. */
  readonly action?: string | undefined;
  /** The name of the field to begin with. */
  readonly focused: FieldName;
  /** The texts of the button that shows the secret, and hides it. */
  readonly show: string;
  readonly hide: string;
  readonly submit: string;
}

export type FieldName = 'login' | 'password' | 'confirmation';

export interface Field {
  readonly name: FieldName;
  readonly label: string;
  readonly hint: string;
  readonly link?: Link | undefined;
  /** What is wrong with what was entered, shown beside it. */
  readonly problem?: string | undefined;
  /** Further attributes of the element, in HTML. */
  readonly attributes: string;
}

interface Link {
  readonly href: string;
  readonly text: string;
}

export interface Operator {
  readonly text: string;
  readonly contact?: Link | undefined;
}

/** The template of the pages, their style and their script. */
const folder = new URL('../../../sign-in/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder), 'utf8');
const style = read('page.css');
const script = read('page.js');

const eta = new Eta({ views: fileURLToPath(folder), cache: true, autoEscape: true });

export function renderPage(page: Page): string {
  return eta.render('page', { ...page, style, script });
}

const sourceOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const policy = `default-src 'none'; style-src ${sourceOf(style)}; script-src ${sourceOf(script)}; base-uri 'none'; frame-ancestors 'none'`;

const YEAR_SECONDS = 365 * 24 * 60 * 60;

/**
 * The headers of every reply below the page's path: it is not cached, not framed, sends no referrer and loads nothing.
 * Chromium applies `form-action` to every redirect that follows a form. Where it `leadsAway`, to a web application or a
 * vendor, these may redirect further, so any HTTP target is allowed. https://www.w3.org/TR/CSP3/#directive-form-action
 * Where the bridge is reached `overTls`, browsers come back in no other way; its neighbours of the same domain are not
 * the bridge's to promise. https://www.rfc-editor.org/rfc/rfc6797#section-6.1
 */
export function pageHeaders(leadsAway: boolean, overTls: boolean): Record<string, string> {
  const formAction = leadsAway ? "'self' http: https:" : "'self'";
  return {
    'Content-Security-Policy': `${policy}; form-action ${formAction}`,
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    Vary: 'Accept-Language',
    'X-Content-Type-Options': 'nosniff',
    ...(overTls && { 'Strict-Transport-Security': `max-age=${YEAR_SECONDS}` }),
  };
}
