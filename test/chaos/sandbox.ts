import { startSandbox } from '../../src/sandbox/sandbox.js';

/** The modern APIs in a process of its own, which tells their URL. */
const sandbox = await startSandbox({ host: '127.0.0.1', port: 0 });
process.on('disconnect', () => process.exit());
process.send?.({ url: sandbox.url });
