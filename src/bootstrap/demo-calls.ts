import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { providers } from '../providers/index.js';
import { indented } from '../shared/indented.js';
import { demoApplications, demoVault } from './demo.js';

type DemoApplication = (typeof demoApplications)[number];

/** A call as it is shown. */
interface ShownCall {
  readonly title: string;
  readonly url: string;
  readonly body?: string;
}

/**
 * Prints calls to each modern API with the replies of the demo at this URL, the short formats first and the long one only
 * where `isAll`; then how to sign in. Lines are as long as what is pasted needs, and otherwise for 40 columns.
 */
export async function showDemo(bridge: string, isAll: boolean, print: (text: string) => void): Promise<void> {
  const formats = [restCall, xmlCall, ...(isAll ? [soapCall] : [])];
  for (const { title, url, body } of formats.flatMap((format) => demoApplications.map(format(bridge)))) {
    const reply = await text(await call(url, body));
    print(`${title}\ncurl '${url}'${body === undefined ? '' : ` -d '${body}'`}\n\n${indented(reply)}\n`);
  }
  print('Replies are one line each; they are\nindented here.\n');
  if (!isAll) print('SOAP is longer. To see it too:\nnpm start -- --all\n');
  print(howToSignIn(bridge));
}

/** Not `fetch`, which blocks some ports: https://fetch.spec.whatwg.org/#port-blocking. */
function call(url: string, body: string | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(url, { method: body === undefined ? 'GET' : 'POST' }, resolve)
      .on('error', reject)
      .end(body);
  });
}

function howToSignIn(bridge: string): string {
  const rest = `${bridge}/api/1.0/rest?api_key=${demoVault.apiKey}&action`;
  return [
    'To sign in as a user of an old program:',
    '1. get a ticket',
    `${rest}=get_ticket`,
    '2. open this in a browser with it',
    `${bridge}/api/1.0/auth/TICKET`,
    '   and enter name and password',
    `   ${demoVault.login}`,
    `   ${demoVault.password}`,
    '   or the token alone',
    `   ${demoVault.credential}`,
    '3. get the auth_token',
    `${rest}=get_auth_token&ticket=TICKET`,
    '',
  ].join('\n');
}

/** The modern API as it calls itself, and the format. */
const titleOf = (application: DemoApplication, format: string) => {
  const kind = providers.find(({ name }) => name === application.provider);
  return `${kind?.title ?? application.provider} · ${format}`;
};

type Format = (bridge: string) => (application: DemoApplication) => ShownCall;

/** Nothing in the calls needs escaping. */
const credentials = ({ apiKey, authToken }: DemoApplication) =>
  `<api_key>${apiKey}</api_key><auth_token>${authToken}</auth_token>`;

const restCall: Format = (bridge) => (application) => ({
  title: titleOf(application, 'REST'),
  url: `${bridge}/api/1.0/rest?action=get_account_info&api_key=${application.apiKey}&auth_token=${application.authToken}`,
});

const xmlCall: Format = (bridge) => (application) => ({
  title: titleOf(application, 'XML'),
  url: `${bridge}/api/1.0/xml`,
  body: `<request><action>get_account_info</action>${credentials(application)}</request>`,
});

const soapCall: Format = (bridge) => (application) => {
  const operation = `<get_account_info xmlns="urn:boxnet">${credentials(application)}</get_account_info>`;
  return {
    title: titleOf(application, 'SOAP'),
    url: `${bridge}/api/1.0/soap`,
    body: `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>${operation}</Body></Envelope>`,
  };
};
