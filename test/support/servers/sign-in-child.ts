import { setImmediate } from 'node:timers/promises';
import { openServices } from '../../../src/bootstrap/services.js';
import { loadConfig } from '../../../src/config/load.js';
import { actionNames } from '../../../src/core/actions.js';
import { providers } from '../../../src/providers/index.js';

/**
 * A child process that signs in with every application of a configuration, in a loop until it is killed:
 * `sign-in-child.js CONFIG PREFIX`. Prints `[apiKey, authToken, credential]` as soon as an auth_token is issued.
 */
const [file = '', prefix = ''] = process.argv.slice(2);

const { applications, store, tickets } = await openServices(
  await loadConfig(file, { actions: actionNames, providers }),
  {},
);

for (let n = 0; ; n++) {
  for (const application of applications) {
    const { apiKey, provider, baseUrl } = application;
    const credential = `credential ${prefix}${n}`;
    const print = (authToken: string) => console.log(JSON.stringify([apiKey, authToken, credential]));
    const ticket = await tickets.issue(application, '192.0.2.1');
    const userId = await store.userId({ provider, baseUrl, nativeId: `${prefix}${n}` });
    const early = await tickets.signIn(ticket, credential, userId);
    if (early !== undefined) print(early);
    const { authToken } = await tickets.redeem(application, ticket, async () => {});
    print(authToken);
  }
  // Lets the process exit by itself once its output is closed.
  await setImmediate();
}
