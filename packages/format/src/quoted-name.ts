/**
 * How a node's name is stored: as Go's `strconv.Quote` writes it, without the outer quotes (restic's design, "Trees
 * and Data"). JSON's own escapes come on top of these.
 *
 * Which characters are printable, and so stay as they are, decides the bytes of a tree and with them its id.
 */
import { TasticError } from "@tastic/errors";
import { decodeName, encodeName } from "./names.js";
import { isPrintable } from "./printable.js";

const NOTHING_TO_QUOTE = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
const NOTHING_TO_UNQUOTE = /^[^"\\\n]*$/;
const ESCAPE =
  /\\(?:([abfnrtv"\\])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|["\\\n]/g;

const SHORT = new Map([
  [0x07, "\\a"],
  [0x08, "\\b"],
  [0x0c, "\\f"],
  [0x0a, "\\n"],
  [0x0d, "\\r"],
  [0x09, "\\t"],
  [0x0b, "\\v"],
  [0x22, '\\"'],
  [0x5c, "\\\\"],
]);
const SHORT_MEANING: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  '"': '"',
  "\\": "\\",
};

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");

function quoteCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const short = SHORT.get(code);
  if (short !== undefined) return short;
  if (isPrintable(code)) return character;
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${hex(code - 0xdc00, 2)}`;
  if (code >= 0xd800 && code <= 0xdfff) return "\ufffd";
  return code <= 0xffff ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

/** The stored form of a name: see `names.ts` for what a name is. */
export function quoteName(name: string): string {
  if (NOTHING_TO_QUOTE.test(name)) return name;
  let quoted = "";
  for (const character of name) quoted += quoteCharacter(character);
  return quoted;
}

/**
 * The name of a stored form; every escape of Go's double-quoted strings is understood.
 * @throws TasticError invalid-format
 */
export function unquoteName(quoted: string, what = "node"): string {
  if (NOTHING_TO_UNQUOTE.test(quoted)) return quoted;
  const invalid = (): TasticError =>
    new TasticError(
      "invalid-format",
      `${what}: the name ${JSON.stringify(quoted)} is not quoted as it must be`,
    );
  let hasBytes = false;
  const byte = (value: number): string => {
    if (value > 0xff) throw invalid();
    if (value < 0x80) return String.fromCharCode(value);
    hasBytes = true;
    return String.fromCharCode(0xdc00 + value);
  };
  const name = quoted.replace(
    ESCAPE,
    (_, short?: string, x?: string, octal?: string, u?: string, long?: string): string => {
      if (short !== undefined) return SHORT_MEANING[short] ?? "";
      if (x !== undefined) return byte(Number.parseInt(x, 16));
      if (octal !== undefined) return byte(Number.parseInt(octal, 8));
      const digits = u ?? long;
      if (digits === undefined) throw invalid();
      const code = Number.parseInt(digits, 16);
      if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw invalid();
      return String.fromCodePoint(code);
    },
  );
  // Single bytes side by side may make up a valid character; going through the bytes gives the one right form.
  return hasBytes ? decodeName(encodeName(name)) : name;
}
