import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { isPlainToPublic } from '../../config/warnings.js';
import { codeOf, messageOf } from '../../shared/errors.js';
import { wordsFor } from '../../upstream/outage-words.js';
import type { TlsFiles } from '../../upstream/tls-files.js';
import { createTransport } from '../../upstream/transport.js';
import { certificateAt } from './certificate.js';
import { advise, apisOf, type Check, type Finding, good, isProxied, type SetUp, toDo } from './finding.js';

/** One modern API, by its base URL. */
interface Api {
  readonly url: URL;
  readonly tls: TlsFiles;
}

/** DNS and TLS of each modern API, and the clock against its Date header. */
export const checkModernApis: Check = async (setUp) => {
  const perApi = apisOf(setUp.config).map(async (api) => {
    const dns = await dnsFinding(api, setUp);
    // Without an address, the others say the same once more.
    return dns.isGood ? [dns, ...(await Promise.all([tlsFinding(api, setUp), clockFinding(api, setUp)]))] : [dns];
  });
  return (await Promise.all(perApi)).flat();
};

async function dnsFinding({ url }: Api, { proxies }: SetUp): Promise<Finding> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const what = `DNS of ${host}`;
  if (isIP(host) !== 0) return good(what, 'an address');
  if (isProxied(url, proxies)) return good(what, 'the proxy looks it up');
  try {
    const addresses = await lookup(host, { all: true });
    return good(what, addresses.map(({ address }) => address).join(', '));
  } catch (error) {
    return toDo(
      what,
      `check \`base_url\` and the resolver of this machine: ${wordsFor(codeOf(error) ?? messageOf(error))}`,
    );
  }
}

/** A certificate that ends within so many days is to be renewed. */
const RENEWAL_DAYS = 14;

async function tlsFinding({ url, tls }: Api, { proxies, config }: SetUp): Promise<Finding> {
  const what = `TLS of ${url.host}`;
  if (url.protocol !== 'https:') {
    return isPlainToPublic(url)
      ? advise(what, 'write https:// in `base_url`: credentials go unencrypted')
      : good(what, 'none, on this machine or in a private network');
  }
  if (isProxied(url, proxies)) return good(what, 'through the proxy, where it is not examined');
  try {
    const { daysLeft, protocol } = await certificateAt(url, { ...tls, timeoutMs: config.limits.upstreamTimeoutMs });
    const ends = `its certificate ends in ${daysLeft} day(s)`;
    return daysLeft < RENEWAL_DAYS ? advise(what, `renew it: ${ends}`) : good(what, `${protocol}, ${ends}`);
  } catch (error) {
    return toDo(what, wordsFor(codeOf(error) ?? messageOf(error)));
  }
}

/** By how many seconds the clock may be wrong; a Date header has whole seconds, and takes its time to arrive. */
const MAX_SKEW_SECONDS = 30;

async function clockFinding({ url, tls }: Api, { proxies, config }: SetUp): Promise<Finding> {
  const what = `clock against ${url.host}`;
  const timeoutMs = config.limits.upstreamTimeoutMs;
  const transport = createTransport({ connectMs: timeoutMs, sockets: 1, proxies, tls });
  try {
    const { headers } = await transport.send({
      ...{ method: 'GET', url: url.href, headers: { Connection: 'close' }, body: undefined, timeoutMs },
      isBodyNeeded: false,
    });
    const skew = Math.round((Date.now() - Date.parse(String(headers.date))) / 1000);
    if (Number.isNaN(skew)) return good(what, 'it tells no time');
    if (Math.abs(skew) <= MAX_SKEW_SECONDS) return good(what, `${Math.abs(skew)} second(s) apart`);
    return toDo(what, `set the clock: it is ${Math.abs(skew)} seconds ${skew > 0 ? 'ahead' : 'behind'}`);
  } catch (error) {
    return toDo(what, `nothing answers at ${url.origin}: ${wordsFor(codeOf(error) ?? messageOf(error))}`);
  }
}
