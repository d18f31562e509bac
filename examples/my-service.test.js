/** The rules of all providers, against a server that plays the API: npm test */
import { providerSuite } from 'boxbridge/provider-suite';
import kind from './my-service.js';

providerSuite({
  kind,
  credential: 'key-of-ada',
  // The request that reads the account, and the reply to it.
  readPath: '/me',
  reply: {
    id: 7,
    username: 'ada',
    full_name: 'Ada',
    email: 'ada@example.com',
    storage: { limit: 5000, used: 12 },
  },
  // What the bridge makes of the reply.
  account: {
    nativeId: '7',
    login: 'ada',
    name: 'Ada',
    email: 'ada@example.com',
    spaceAmount: 5000n,
    spaceUsed: 12n,
  },
});
