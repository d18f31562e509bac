/** The order of two texts by their UTF-16 units, for `sort`: the same in every locale. */
export const compareTexts = (one: string, other: string) => (one < other ? -1 : Number(one > other));
