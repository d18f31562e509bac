import { measure } from '../support/clients/load.js';

const [load = ''] = process.argv.slice(2);
process.send?.(await measure(JSON.parse(load)));
process.disconnect();
