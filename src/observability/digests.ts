/** The form in which a recording has the digest of a secret: nothing in it is escaped in a form, a URL, XML or JSON. */
export const DIGEST = /s_[0-9a-f]{24}/g;

/** The form of a digest, in hexadecimal, of at least 96 bits. */
export const toDigest = (hex: string) => `s_${hex.slice(0, 24)}`;
