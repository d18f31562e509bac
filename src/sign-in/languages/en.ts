import type { Asked, Texts } from './texts.js';

export const en: Texts = {
  form: {
    title: (service) => `Sign in to ${service}`,
    text: (program, service) => `${program} asks for access to your ${service} account.`,
    caution: (asked) =>
      `It was asked for ${asked.ago ?? 'less than a minute ago'}, at ${asked.time} UTC${whence(asked)}. Go on only if you started this just now. If somebody sent you the address of this page, close it: who sent it would get into your account.`,
    secret: (service, credential) => `${service} ${credential}`,
    login: (service) => `Name or e-mail at ${service}`,
    loginHint: (credential) => `Leave it empty if you enter no password, but the ${credential}.`,
    passwordOr: (credential) => `Password, or ${credential}`,
    howToGetIt: (service) => `How to get it, in the documentation of ${service}`,
    confirmation: 'Code of your program',
    confirmationHint: 'The first four characters of the ticket that your program shows.',
    show: 'Show',
    hide: 'Hide',
    submit: 'Sign in',
    goOn: (service) => `Continue at ${service}`,
  },
  problem: {
    noSecret: (service, credential) => `Enter your ${service} ${credential}.`,
    noConfirmation: 'Enter the code that your program shows.',
    refused: (service, credential) => `${service} did not accept this ${credential}. Check it and try again.`,
    refusedLogin: (service) => `${service} did not accept this name and password. Check both and try again.`,
    secondFactor: (service, credential) =>
      `For this account ${service} asks for a one-time code beside the password, which cannot be entered here. Leave the name empty and enter the ${credential} instead.`,
    unconfirmed:
      'This is not the code that your program shows. If your program shows none, somebody else sent you here: close this page.',
    declined: (service) =>
      `${service} reports that you did not agree. Nothing is kept. Go on only if you want to try again.`,
    notCompleted: (service) =>
      `The sign-in at ${service} was not completed here. Begin it again, and finish it in this browser.`,
    noAccess: (service) =>
      `${service} accepted your sign-in, but does not give access to this account. Try another account, or ask the administrator of ${service}.`,
    outage: (service) => `${service} does not answer right now. Nothing is lost: try again in a moment.`,
    tooMany: 'Too many wrong tries. Wait 15 minutes, then sign in from your program again.',
    fromAnotherSite:
      'Another site sent this form, and nothing of it was tried. If you did start this sign-in, enter it here.',
  },
  done: {
    title: 'You are signed in',
    text: (program, service, account) =>
      account === undefined
        ? `${program} now has access to your ${service} account.`
        : `${program} now has access to your ${service} account ${account}.`,
    next: 'You can close this window and go back to your program.',
  },
  over: {
    title: 'This sign-in is over',
    text: 'Its address is not valid, or no longer. Go back to your program and sign in from there again.',
    textOf: (program, service) =>
      `${program} asked for access to your ${service} account too long ago. Go back to ${program} and sign in from there again.`,
  },
  failure: { title: 'This did not work', text: 'Nothing is lost. Go back and try once more in a moment.' },
  kept: {
    title: 'What is kept, and how to undo it',
    text: (program, service, { days, hasPassword }) =>
      `${service} checks what you enter. ${hasPassword ? 'For a password it gives a token, and the password itself is not kept. The token' : 'It'} is then kept here in encrypted form until ${program} signs out${days === undefined ? '' : `, for ${days} ${days === 1 ? 'day' : 'days'} at most`}. ${program} itself never gets to see it.`,
    granted: (program, service, { days }) =>
      `You sign in at ${service} itself and enter nothing here. The access that ${service} gives is kept here in encrypted form until ${program} signs out${days === undefined ? '' : `, for ${days} ${days === 1 ? 'day' : 'days'} at most`}. ${program} itself never gets to see it.`,
    undo: (program, service) => `To undo it, sign out in ${program}, or withdraw the access at ${service}.`,
  },
  operator: {
    runBy: (name) => `This page is run by ${name}.`,
    contact: 'Questions:',
  },
};

function whence({ from }: Asked): string {
  if (!from) return '';
  if (from.whose === 'inside') return ', from inside the network of this service';
  return from.whose === 'own' ? `, from your own address, ${from.address}` : `, from the address ${from.address}`;
}
