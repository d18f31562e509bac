import { createHash } from 'node:crypto';
import { Eta } from 'eta';

/** The content of a sign-in page, in plain text; it is escaped when rendered. */
export interface Page {
  readonly title: string;
  /** An error, shown as an alert. */
  readonly problem?: string;
  readonly text: string;
  /** Whether the user is signed in, in the mark-up that old programs look for. */
  readonly isSignedIn?: boolean;
  readonly form?: {
    /** What to enter, such as `API token`. */
    readonly secret: string;
    /** Where to find that. */
    readonly hint: string;
    /** When and from where the ticket was asked for, and what the user is to make of it. */
    readonly caution: string;
    /** Whether to ask for the first characters of the ticket. */
    readonly asksForTicket: boolean;
  };
}

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 30rem; padding: 1.5rem; color: #1a1a1a; background: #fff; }
h1 { font-size: 1.4rem; line-height: 1.25; overflow-wrap: anywhere; }
p, small { overflow-wrap: anywhere; }
label { display: block; margin-top: 1rem; font-weight: 600; }
small { display: block; margin-bottom: .5rem; }
input, button { box-sizing: border-box; width: 100%; font: inherit; padding: .6rem; border-radius: .25rem; }
input { border: 1px solid #6b6b6b; color: inherit; background: transparent; }
button { margin-top: 1.5rem; border: 0; color: #fff; background: #0b57d0; cursor: pointer; }
:focus-visible { outline: 3px solid #b85c00; outline-offset: 2px; }
[role=alert] { border-left: .3rem solid #b3261e; padding-left: .8rem; }
@media (prefers-color-scheme: dark) {
  body { color: #ececec; background: #161616; }
  input { border-color: #9a9a9a; }
  :focus-visible { outline-color: #f0a000; }
  [role=alert] { border-color: #f2b8b5; }
}
`;

const TEMPLATE = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title><%= it.title %></title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1><%= it.title %></h1>
<% if (it.problem) { %><p role="alert" id="problem"><%= it.problem %></p>
<% } %><p<% if (it.isSignedIn) { %> class="api_auth_success"<% } %>><%= it.text %></p>
<% if (it.form) { %><p id="caution"><%= it.form.caution %></p>
<!-- Old programs look for this: var request_token = '0'; -->
<form name="login_form1" method="post">
<label for="login">Login</label>
<small id="login-hint">Not needed here; it may stay empty.</small>
<input id="login" name="login" autocomplete="username" autocapitalize="none" spellcheck="false" aria-describedby="login-hint">
<label for="password"><%= it.form.secret %></label>
<small id="password-hint"><%= it.form.hint %></small>
<input id="password" name="password" type="password" autocomplete="current-password" required autofocus aria-describedby="password-hint<% if (it.problem) { %> problem<% } %>">
<% if (it.form.asksForTicket) { %><label for="confirmation">Code of your program</label>
<small id="confirmation-hint">The first four characters of the ticket that your program shows.</small>
<input id="confirmation" name="confirmation" autocomplete="off" autocapitalize="none" spellcheck="false" required aria-describedby="confirmation-hint<% if (it.problem) { %> problem<% } %>">
<% } %><button id="login_button_credentials" type="submit">Sign in</button>
</form>
<% } %></main>
</body>
</html>
`;

const eta = new Eta({ autoEscape: true });

export function renderPage(page: Page): string {
  return eta.renderString(TEMPLATE, page);
}

const styleHash = createHash('sha256').update(STYLE).digest('base64');

const YEAR_SECONDS = 365 * 24 * 60 * 60;

/**
 * The headers of every reply below the page's path: it is not cached, not framed, sends no referrer and loads nothing.
 * Chromium applies `form-action` to every redirect that follows a form. With a `redirectUrl` the web application may
 * redirect further, so any HTTP target is allowed. https://www.w3.org/TR/CSP3/#directive-form-action
 * Where the bridge is reached `overTls`, browsers come back in no other way; its neighbours of the same domain are not
 * the bridge's to promise. https://www.rfc-editor.org/rfc/rfc6797#section-6.1
 */
export function pageHeaders(redirectUrl: string | undefined, overTls: boolean): Record<string, string> {
  const formAction = redirectUrl === undefined ? "'self'" : "'self' http: https:";
  return {
    'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action ${formAction}; base-uri 'none'; frame-ancestors 'none'`,
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    ...(overTls && { 'Strict-Transport-Security': `max-age=${YEAR_SECONDS}` }),
  };
}
