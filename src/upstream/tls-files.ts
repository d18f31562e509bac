import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { codeOf, messageOf } from '../shared/errors.js';

/** What TLS to a modern API needs beyond the defaults of Node.js, in PEM. */
export interface TlsFiles {
  /** The only certification authorities that are trusted; those of Node.js unless given. */
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** A file that cannot be used: the key that names it, and a message that follows the key. */
export interface TlsProblem {
  readonly key: 'ca_file' | 'client_cert_file' | 'client_key_file';
  readonly message: string;
}

export interface TlsPaths {
  readonly caFile?: string | undefined;
  readonly clientCertFile?: string | undefined;
  readonly clientKeyFile?: string | undefined;
}

/** Reads and checks the files that an application names for TLS. Blocks: MUST be called before calls are answered. */
export function readTlsFiles(paths: TlsPaths): { files: TlsFiles; problems: TlsProblem[] } {
  const problems: TlsProblem[] = [];
  const read = (key: TlsProblem['key'], path: string | undefined, check: (pem: Buffer) => unknown) => {
    if (path === undefined) return undefined;
    try {
      const pem = readFileSync(path);
      check(pem);
      return pem;
    } catch (error) {
      problems.push({ key, message: explain(error, path) });
      return undefined;
    }
  };
  const ca = read('ca_file', paths.caFile, (pem) => new X509Certificate(pem));
  const cert = read('client_cert_file', paths.clientCertFile, (pem) => createSecureContext({ cert: pem }));
  const key = read('client_key_file', paths.clientKeyFile, (pem) => createSecureContext({ key: pem }));
  if (paths.clientCertFile !== undefined && paths.clientKeyFile === undefined) {
    problems.push({ key: 'client_cert_file', message: 'has no use alone; name its key as client_key_file' });
  }
  if (paths.clientKeyFile !== undefined && paths.clientCertFile === undefined) {
    problems.push({ key: 'client_key_file', message: 'has no use alone; name its certificate as client_cert_file' });
  }
  if (cert && key) {
    try {
      createSecureContext({ cert, key });
    } catch {
      const message = `${paths.clientKeyFile} is not the key of ${paths.clientCertFile}; name the two that belong together`;
      problems.push({ key: 'client_key_file', message });
    }
  }
  return { files: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }, problems };
}

function explain(error: unknown, path: string): string {
  const code = codeOf(error);
  if (code === 'ENOENT') return `${path} does not exist; name an existing file`;
  // Errors of the file system have codes such as EACCES; those of OpenSSL, about the content, have another form.
  if (code !== undefined && /^E[A-Z]+$/.test(code))
    return `${path} cannot be read (${code}); name a file that this user may read`;
  return `${path} is not what it should be (${messageOf(error)}); name a file in PEM, without a passphrase`;
}
