/** Texts of strangers as one line that a log can show: without control characters, cut to this many characters. */
export function cleaned(text: string, maxLength: number): string {
  // What is cut off is not looked at.
  const line = text
    .slice(0, 4 * maxLength)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim();
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line;
}
