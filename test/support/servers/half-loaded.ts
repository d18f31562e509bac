import { storeIn } from '../../../src/config/schema.js';
import { openStore } from '../../../src/store/open.js';
import { snapshotOf } from '../../../src/store/snapshot.js';

/** Loads accounts, a ticket and a session into the store that it is told, says `half`, and goes on for ever. */
const place = storeIn(process.cwd()).parse(process.argv[2]);
const store = await openStore(place);
const ofTicket = { digest: 'd', application: 'a', sealed: Uint8Array.of(1) };
const snapshot = snapshotOf({
  lastUserId: 7,
  accounts: [{ userId: 7, provider: 'seatable', baseUrl: 'https://h', nativeId: 'n' }],
  masterKey: Uint8Array.of(1),
  tickets: [{ ...ofTicket, expiresAt: 1 }],
  sessions: [{ ...ofTicket, userId: 7, createdAt: 1, lastUsed: undefined }],
  ledger: [],
});
await store.load({
  ...snapshot,
  sessions: (async function* () {
    yield* snapshot.sessions;
    console.log('half');
    await new Promise((resolve) => setTimeout(resolve, 2 ** 30));
  })(),
});
