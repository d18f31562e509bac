import type { Application } from '../applications/application.js';
import type { Reason } from '../core/fault.js';
import type { PendingTicket } from '../vault/tickets.js';
import { howItWasAsked } from './asked.js';
import type { Page } from './page.js';

export const signedInPage: Page = {
  title: 'You are signed in',
  text: 'You can close this window and go back to your program.',
  isSignedIn: true,
};
export const expiredPage: Page = {
  title: 'This sign-in is over',
  text: 'Its address is not valid, or no longer. Go back to your program and sign in from there again.',
};
export const failurePage: Page = {
  title: 'This did not work',
  text: 'Nothing is lost. Go back and try once more in a moment.',
};

/** The pages of reasons; `failurePage` for any other. */
export const pages: Partial<Record<Reason, Page>> = { conflict: signedInPage, missing: expiredPage };

export const FROM_ANOTHER_SITE =
  'Another site sent this form, and nothing of it was tried. If you did start this sign-in, enter it here.';
export const UNCONFIRMED =
  'This is not the code that your program shows. If your program shows none, somebody else sent you here: close this page.';

/** What the page says of a secret that was not accepted. */
export function problemOf(
  outcome: 'refused' | 'outage' | 'too many',
  { kind: { title, credential } }: Application,
): string {
  if (outcome === 'refused') return `${title} did not accept this ${credential.name}. Check it and try again.`;
  return outcome === 'outage'
    ? `${title} does not answer right now. Nothing is lost: try again in a moment.`
    : 'Too many wrong tries. Wait 15 minutes, then sign in from your program again.';
}

/** The page that asks for the secret; `user` is the address of who sees it. */
export function formPage(pending: PendingTicket, user = ''): Page {
  const { name, confirmSignIn, kind } = pending.application;
  const { title, credential } = kind;
  return {
    title: `Sign in to ${title}`,
    text: `${name} asks for access to your ${title} account.`,
    form: {
      secret: `${title} ${credential.name}`,
      hint: credential.hint,
      caution: `${howItWasAsked(pending, Date.now(), user)} Go on only if you started this just now. If somebody sent you the address of this page, close it: who sent it would get into your account.`,
      asksForTicket: confirmSignIn,
    },
  };
}
