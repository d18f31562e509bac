const ISO_8601 = /^(\d{4}-\d\d-\d\d)(T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d))?$/;

/**
 * The time of a date, which begins in UTC, or of a date and time with its offset, in milliseconds since 1970; undefined
 * where a text is neither. https://www.rfc-editor.org/rfc/rfc3339#section-5.6, whose seconds may be left out.
 */
export function timeIn(text: string): number | undefined {
  const [, day] = ISO_8601.exec(text) ?? [];
  // The 31st of February is read as the 3rd of March.
  if (day === undefined || new Date(day).toJSON()?.startsWith(day) !== true) return undefined;
  return Date.parse(text);
}
