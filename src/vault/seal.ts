import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What a sealed record is bound to, as associated data: not secret, but a change of it breaks the seal. */
export type Binding = readonly (string | number)[];

/**
 * Derives a key for one purpose: HKDF with SHA-256, https://www.rfc-editor.org/rfc/rfc5869. A key has the length of one
 * block, so it is two HMACs; `hkdfSync` of Node takes twice as long for the same.
 */
export function deriveKey(secret: string | Uint8Array, salt: Uint8Array, purpose: string): Buffer {
  const pseudorandomKey = createHmac('sha256', salt).update(secret).digest();
  return createHmac('sha256', pseudorandomKey).update(`boxbridge ${purpose}\x01`).digest();
}

/** AES-256-GCM with a random nonce; gives nonce, ciphertext and tag, concatenated. */
export function seal(key: Uint8Array, binding: Binding, content: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(associatedData(binding));
  return Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
}

/** What was sealed; undefined where the key, the binding or the sealed bytes differ from those of `seal`. */
export function unseal(key: Uint8Array, binding: Binding, sealed: Uint8Array): Buffer | undefined {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(associatedData(binding))
    .setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    const content = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
    // Gives nothing more, but throws where the tag is another one.
    decipher.final();
    return content;
  } catch {
    return undefined;
  }
}

/** Injective: two bindings MUST NOT have the same bytes. */
function associatedData(binding: Binding): Buffer {
  return Buffer.from(JSON.stringify(binding));
}

/** Seals records under the master key and a secret that only its holder has: a ticket or an auth_token. */
export interface Sealer {
  /** The index under which the store finds a secret; without the master key no guess can be checked against it. */
  readonly digest: (kind: string, secret: string) => string;
  /** Unsealing needs the master key and the secret. */
  readonly seal: (kind: string, secret: string, binding: Binding, content: string) => Buffer;
  /** Undefined where any argument differs from those of `seal`. */
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
