/** The document of a reply while it is written, from its beginning to its end. */
export interface Reply {
  /** `text` MUST be without half a surrogate pair. */
  readonly add: (text: string) => void;
  /** How many characters were added. */
  readonly length: () => number;
  /** Takes back as many of the characters that were added by the last call. */
  readonly takeBack: (characters: number) => void;
  /** All of it: a long one in the bytes of UTF-8. MUST be called once, at the end. */
  readonly content: () => string | Buffer;
}

/** A longer text is put together in bytes: as a text, the collector would move it several times. */
const MAX_TEXT_LENGTH = 16_384;
/** The most bytes that a code unit takes in UTF-8. */
const MAX_BYTES = 3;
const CHUNK_BYTES = 4 * MAX_TEXT_LENGTH * MAX_BYTES;

/** Begins the document of a reply. */
export function createReply(): Reply {
  let text = '';
  let length = 0;
  const full: Buffer[] = [];
  let chunk: Buffer | undefined;
  let used = 0;
  const flush = (): Buffer => {
    const needed = text.length * MAX_BYTES;
    if (!chunk || chunk.length - used < needed) {
      if (chunk) full.push(chunk.subarray(0, used));
      chunk = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, needed));
      used = 0;
    }
    used += chunk.write(text, used);
    text = '';
    return chunk.subarray(0, used);
  };
  return {
    add: (added) => {
      if (text.length > MAX_TEXT_LENGTH) flush();
      text += added;
      length += added.length;
    },
    length: () => length,
    takeBack: (characters) => {
      text = text.slice(0, text.length - characters);
      length -= characters;
    },
    content: () => {
      if (!chunk) return text;
      const last = flush();
      return Buffer.concat([...full, last]);
    },
  };
}
