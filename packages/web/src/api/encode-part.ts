/**
 * A value for the query of an address. Names may have bytes that are not UTF-8: a byte NN that is none comes as the lone
 * surrogate U+DCNN, and goes back as that byte.
 */
export function encodePart(text: string): string {
  return text
    .split(/([\udc80-\udcff])/u)
    .map((part) => (isByte(part) ? `%${(part.charCodeAt(0) - 0xdc00).toString(16)}` : encodeText(part)))
    .join("");
}

function isByte(part: string): boolean {
  return part.length === 1 && part >= "\udc80" && part <= "\udcff";
}

function encodeText(text: string): string {
  return encodeURIComponent(text.replace(/[\ud800-\udfff]/gu, "\ufffd"));
}
