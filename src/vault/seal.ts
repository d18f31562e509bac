import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What a sealed record belongs to. Not secret, but none of it can change without breaking the seal. */
export type Binding = readonly (string | number)[];

/** A key for one purpose out of one or two secrets: HKDF with SHA-256. */
export function deriveKey(secret: string | Uint8Array, salt: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, `boxbridge ${purpose}`, KEY_BYTES));
}

/** AES-256-GCM with a random nonce; gives nonce, ciphertext and tag in one piece. */
export function seal(key: Uint8Array, binding: Binding, content: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(associated(binding));
  return Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
}

/** What was sealed; undefined where key, binding or the sealed bytes are not those of the sealing. */
export function unseal(key: Uint8Array, binding: Binding, sealed: Uint8Array): Buffer | undefined {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(associated(binding))
    .setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** Unambiguous: no two bindings have the same bytes. */
function associated(binding: Binding): Buffer {
  return Buffer.from(JSON.stringify(binding));
}

/** Seals what belongs to a secret that only its owner has: a ticket or an auth_token. */
export interface Sealer {
  /** What the store may know of a secret, to find it by: without the master key nothing can be guessed from it. */
  readonly digest: (kind: string, secret: string) => string;
  /** Neither the master key nor the secret alone opens it again. */
  readonly seal: (kind: string, secret: string, binding: Binding, content: string) => Buffer;
  /** Undefined where anything but the very same is given. */
  readonly unseal: (kind: string, secret: string, binding: Binding, sealed: Uint8Array) => string | undefined;
}

export function createSealer(masterKey: Uint8Array): Sealer {
  const indexKey = deriveKey(masterKey, new Uint8Array(), 'index');
  const keyOf = (kind: string, secret: string) => deriveKey(secret, masterKey, kind);
  return {
    digest: (kind, secret) => createHmac('sha256', indexKey).update(`${kind}\0${secret}`).digest('hex'),
    seal: (kind, secret, binding, content) => seal(keyOf(kind, secret), [kind, ...binding], Buffer.from(content)),
    unseal: (kind, secret, binding, sealed) => unseal(keyOf(kind, secret), [kind, ...binding], sealed)?.toString(),
  };
}
