/** The forms in which a secret may leak: as it is, in base64 at any offset, in hexadecimal. */
export function encodings(secret: string): string[] {
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.from('x'.repeat(shift) + secret)
      .toString('base64')
      .replace(/=+$/, '')
      .slice(shift + 1, -2),
  );
  return [secret, ...base64, Buffer.from(secret).toString('hex')];
}
