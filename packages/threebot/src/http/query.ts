/**
 * The query of a URL, whose paths may have bytes that are not UTF-8: a byte NN that is none is the lone surrogate U+DCNN,
 * as it is in the names of files everywhere here and in the JSON that a page gets.
 */

/** The first value of each parameter. */
export function queryOf(url: string): Record<string, string> {
  const start = url.indexOf("?");
  const query = start < 0 ? "" : url.slice(start + 1).replace(/#.*$/s, "");
  const values = new Map<string, string>();
  for (const part of query.split("&")) {
    const [name = "", ...rest] = part.split("=");
    const key = decodePart(name);
    if (key !== "" && !values.has(key)) values.set(key, decodePart(rest.join("=")));
  }
  return Object.fromEntries(values);
}

/** The opposite, for one value: what `queryOf` reads back as `text`. */
export function encodePart(text: string): string {
  return text
    .split(/([\udc80-\udcff])/u)
    .map((part) => (isByte(part) ? `%${(part.charCodeAt(0) - 0xdc00).toString(16)}` : encodeText(part)))
    .join("");
}

function decodePart(text: string): string {
  const spaced = text.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => decodeBytes(bytes));
  }
}

/** At each place the sequence that begins there, or a byte that is part of none. */
function decodeBytes(escaped: string): string {
  const bytes = escaped.slice(1).split("%");
  let text = "";
  for (let i = 0; i < bytes.length;) {
    const found = [1, 2, 3, 4]
      .map((length) => ({ length, text: decoded(bytes.slice(i, i + length)) }))
      .find((one) => one.text !== undefined);
    text += found?.text ?? String.fromCharCode(0xdc00 + Number.parseInt(bytes[i] ?? "0", 16));
    i += found?.length ?? 1;
  }
  return text;
}

function decoded(bytes: readonly string[]): string | undefined {
  try {
    return decodeURIComponent(bytes.map((byte) => `%${byte}`).join(""));
  } catch {
    return undefined;
  }
}

function isByte(part: string): boolean {
  return part.length === 1 && part >= "\udc80" && part <= "\udcff";
}

function encodeText(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
