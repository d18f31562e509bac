import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';

export interface Certificate {
  /** PEM, as is the key. */
  readonly cert: string;
  readonly key: string;
}

export interface Authority extends Certificate {
  /** A certificate of this authority's: for a server on loopback, or for a client; it ends in a year unless given. */
  readonly issue: (use: 'server' | 'client', name: string, end?: Date) => Promise<Certificate>;
}

const common = { keyType: 'ec', algorithm: 'sha256' } as const;

/** A certification authority that nobody else knows. */
export async function createAuthority(name: string): Promise<Authority> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return {
    cert,
    key,
    issue: async (use, subject, end) => {
      const issued = await generate([{ name: 'commonName', value: subject }], {
        ...common,
        ...(end && { notAfterDate: end }),
        ca: { cert, key },
        extensions: [
          { name: 'basicConstraints', cA: false },
          { name: 'keyUsage', digitalSignature: true },
          { name: 'extKeyUsage', serverAuth: use === 'server', clientAuth: use === 'client' },
          { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
        ],
      });
      return { cert: issued.cert, key: issued.private };
    },
  };
}

/** Puts a certificate and its key into a folder, as NAME.pem and NAME.key. */
export async function store(folder: string, name: string, { cert, key }: Certificate): Promise<void> {
  await writeFile(join(folder, `${name}.pem`), cert);
  await writeFile(join(folder, `${name}.key`), key);
}

/** A certificate with an RSA key, by its own authority, for a server of this name. */
export async function createRsaCertificate(name: string): Promise<Certificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    keySize: 2048,
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }],
  });
  return { cert, key };
}
