/** A shorter secret may occur in a text by chance. */
const MIN_SECRET_LENGTH = 6;
const MASK = '***';

/**
 * Gives texts in which every occurrence of a secret is masked: as it is, in base64 at any offset, in hexadecimal, and
 * escaped for a URL or for JSON, in upper or lower case. To be kept for all texts about one call: the forms are worked out
 * once, for the first of them.
 */
export function createMask(secrets: readonly string[]): (text: string) => string {
  let pattern: RegExp | undefined;
  return (text) => {
    pattern ??= patternOf(secrets);
    return text.replace(pattern, MASK);
  };
}

/** A pattern that nothing matches. */
const NOTHING = /(?!)/;

function patternOf(secrets: readonly string[]): RegExp {
  const forms = new Set(secrets.filter(({ length }) => length >= MIN_SECRET_LENGTH).flatMap(formsOf));
  if (forms.size === 0) return NOTHING;
  const longestFirst = [...forms].sort((one, other) => other.length - one.length);
  return new RegExp(longestFirst.map(literal).join('|'), 'gi');
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const quoted = JSON.stringify(secret).slice(1, -1);
  // The bytes have no lone surrogate, which no URL can carry.
  const escaped = encodeURIComponent(bytes.toString());
  return [
    secret,
    quoted,
    quoted.replaceAll('/', '\\/'),
    escaped,
    escaped.replaceAll('%20', '+'),
    bytes.toString('hex'),
    ...[0, 1, 2].flatMap((offset) => base64At(offset, bytes)),
  ];
}

/** The characters of base64 that these bytes alone decide, where they follow others. */
function base64At(offset: number, bytes: Buffer): string[] {
  const all = Buffer.concat([Buffer.alloc(offset), bytes]);
  const end = Math.floor((all.length * 8) / 6);
  const begin = Math.ceil((offset * 8) / 6);
  return (['base64', 'base64url'] as const).map((encoding) => all.toString(encoding).slice(begin, end));
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
