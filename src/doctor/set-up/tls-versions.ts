import type { SecureVersion } from 'node:tls';
import { codeOf, messageOf } from '../../shared/errors.js';
import { wordsFor } from '../../upstream/outage-words.js';
import { certificateAt } from './certificate.js';
import { type Finding, good, toDo } from './finding.js';

const versions: readonly SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

/** The versions of TLS that a server speaks, and how its certificate stands before programs that look at it. */
export async function tlsVersionFindings(url: URL, timeoutMs: number): Promise<Finding[]> {
  const spoken = await Promise.all(versions.map((version) => speaks(url, version, timeoutMs)));
  const names = versions.filter((_version, n) => spoken[n]);
  return [versionFinding(names), await certificateFinding(url, timeoutMs)];
}

function versionFinding(spoken: readonly SecureVersion[]): Finding {
  const what = 'public_url: TLS versions';
  if (spoken.length === 0) return toDo(what, 'let the proxy speak TLS: no version of it is answered');
  const list = spoken.join(', ');
  if (!spoken.includes('TLSv1.2'))
    return toDo(what, `switch on TLS 1.2, which most programs speak: there is ${list} alone`);
  const isOld = spoken.includes('TLSv1');
  return good(what, `${list}${isOld ? '' : '; `deploy/nginx/old-tls.conf` is for programs that know TLS 1.0 alone'}`);
}

/** Versions that Node.js leaves out by default are asked for too. */
function speaks(url: URL, version: SecureVersion, timeoutMs: number): Promise<boolean> {
  const options = {
    minVersion: version,
    maxVersion: version,
    ciphers: 'DEFAULT:@SECLEVEL=0',
    rejectUnauthorized: false,
  };
  return certificateAt(url, { ...options, timeoutMs }).then(
    () => true,
    () => false,
  );
}

async function certificateFinding(url: URL, timeoutMs: number): Promise<Finding> {
  const what = 'public_url: certificate';
  try {
    const { daysLeft } = await certificateAt(url, { timeoutMs });
    return good(what, `it ends in ${daysLeft} day(s)`);
  } catch (error) {
    return toDo(what, `old programs may refuse it: ${wordsFor(codeOf(error) ?? messageOf(error))}`);
  }
}
