import { fuzz } from '../support/clients/fuzz.js';

/** `npm run fuzz -- [INPUTS [SEED]]`; ends with 1 where something was found. */
const [inputs = '100000', seed = `${Date.now() % 2 ** 31}`] = process.argv.slice(2);

const start = performance.now();
const { findings, heap, ...report } = await fuzz({ inputs: Number(inputs), seed: Number(seed) });
const megabytes = (bytes = 0) => (bytes / 2 ** 20).toFixed(1);
console.log({ seed: Number(seed), seconds: Math.round((performance.now() - start) / 1000), ...report });
console.log(`heap in MB: ${megabytes(heap?.before)} after a tenth, ${megabytes(heap?.after)} at the end`);
for (const finding of findings.slice(0, 20)) console.log(finding);
console.log(`${findings.length} findings`);
process.exitCode = findings.length > 0 ? 1 : 0;
