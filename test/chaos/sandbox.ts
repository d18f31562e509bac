import { startSandbox } from '../../src/sandbox/sandbox.js';

/** The sandbox as a process, which reports its URL. */
const sandbox = await startSandbox({ host: '127.0.0.1', port: 0 });
process.on('disconnect', () => process.exit());
process.send?.({ url: sandbox.url });
