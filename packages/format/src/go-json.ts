/**
 * Strings in JSON exactly as Go's `encoding/json` writes them, which all of restic's files go through.
 *
 * Unlike `JSON.stringify`, it escapes `<`, `>`, `&`, U+2028 and U+2029, and writes whatever is not valid text as
 * `\ufffd`. Hashes are taken over these bytes, so every escape counts.
 */

const PLAIN = /^[\x20\x21\x23-\x25\x27-\x3b\x3d\x3f-\x5b\x5d-\x7f]*$/;
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const ESCAPED = /["\\<>&\x00-\x1f\u2028\u2029\p{Cs}]/gu;

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function escape(character: string): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  const code = character.charCodeAt(0);
  return code >= 0xd800 && code <= 0xdfff ? "\\ufffd" : `\\u${code.toString(16).padStart(4, "0")}`;
}

/** `text` as a JSON string, quotes included. Lone surrogates become `\ufffd`. */
export function jsonString(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : `"${text.replace(ESCAPED, escape)}"`;
}

/** A list of strings as JSON. */
export function jsonStrings(texts: readonly string[]): string {
  return `[${texts.map(jsonString).join(",")}]`;
}

/**
 * A JSON value's text as Go writes a raw value that it was given: without white space between tokens, and with what
 * HTML and JavaScript would trip over escaped.
 * @param json valid JSON
 */
export function compactJson(json: string): string {
  let compact = "";
  let start = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (code === 0x22) inString = !inString;
    else if (code === 0x5c) i++;
    else if (!inString && code <= 0x20) {
      compact += json.slice(start, i);
      start = i + 1;
    }
  }
  return (compact + json.slice(start)).replace(/[<>&\u2028\u2029]/g, escape);
}
