/**
 * File names and paths as strings that lose nothing.
 *
 * A file system's names are bytes, mostly but not always UTF-8. Here they are JavaScript strings in which each byte
 * that is not part of valid UTF-8 is a lone surrogate: byte 0xNN becomes U+DCNN (Python calls this "surrogateescape",
 * PEP 383). Valid text never holds a lone surrogate, so the two cannot be confused.
 */
import { isUtf8 } from "node:buffer";

/** Lone surrogates; the `u` flag keeps it from matching halves of a pair. */
const LONE_SURROGATE = /\p{Cs}/u;
const LONE_SURROGATES = /\p{Cs}/gu;
const ESCAPED_BYTE = /[\udc80-\udcff]/u;

/** How many bytes the valid UTF-8 sequence at `i` has; 0 if there is none. Surrogates and overlong forms are invalid. */
function sequenceLength(bytes: Uint8Array, i: number): number {
  const first = bytes[i] ?? 0;
  if (first < 0x80) return 1;
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length === 0 || i + length > bytes.length) return 0;
  const second = bytes[i + 1] ?? 0;
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (let k = 2; k < length; k++) if (((bytes[i + k] ?? 0) & 0xc0) !== 0x80) return 0;
  return length;
}

/** The string for a name's raw bytes. */
export function decodeName(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return buffer.toString("utf8");
  let name = "";
  let start = 0;
  for (let i = 0; i < buffer.length;) {
    const length = sequenceLength(buffer, i);
    if (length > 0) {
      i += length;
      continue;
    }
    name += buffer.toString("utf8", start, i) + String.fromCharCode(0xdc00 + (buffer[i] ?? 0));
    start = ++i;
  }
  return name + buffer.toString("utf8", start);
}

/** The raw bytes of a name. Lone surrogates that stand for no byte become U+FFFD, as everywhere in UTF-8. */
export function encodeName(name: string): Buffer {
  if (!ESCAPED_BYTE.test(name)) return Buffer.from(name, "utf8");
  const parts: Buffer[] = [];
  let start = 0;
  for (const match of name.matchAll(LONE_SURROGATES)) {
    const code = match[0].charCodeAt(0);
    if (code < 0xdc80 || code > 0xdcff) continue;
    parts.push(Buffer.from(name.slice(start, match.index), "utf8"), Buffer.of(code - 0xdc00));
    start = match.index + 1;
  }
  parts.push(Buffer.from(name.slice(start), "utf8"));
  return Buffer.concat(parts);
}

/** Does the name hold bytes that are not valid UTF-8? */
export function hasInvalidBytes(name: string): boolean {
  return LONE_SURROGATE.test(name);
}

/** `text` with U+FFFD for every lone surrogate: text from outside must not smuggle in raw bytes. */
export function toWellFormed(text: string): string {
  return text.replace(LONE_SURROGATES, "\ufffd");
}

/** Orders names by their raw bytes: negative, zero or positive. This is the order of nodes in a tree. */
export function compareNames(a: string, b: string): number {
  if (a === b) return 0;
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    // UTF-16 orders as UTF-8 does up to the surrogates; from there on only the bytes tell.
    return left < 0xd800 && right < 0xd800 ? left - right : Buffer.compare(encodeName(a), encodeName(b));
  }
  return a.length - b.length;
}
