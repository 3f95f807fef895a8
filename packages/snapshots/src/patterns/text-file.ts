/**
 * Text files that users write: lists of patterns and of files. As restic reads them: UTF-8, or UTF-16 if it begins with
 * a byte order mark.
 */
import { isTasticError, TasticError } from "@tastic/errors";
import { decodeName } from "@tastic/format";
import { createReadStream } from "node:fs";
import { describeSystemError } from "../backup/source-error.js";
import { systemPath } from "../backup/source-files.js";

/** More than this is no list that someone meant to give us. */
const MAX_LENGTH = 256 << 20;
/** Go's scanner, and with it restic, takes no longer line. */
const MAX_LINE_LENGTH = 65_535;

/** Go's `unicode.IsSpace`, which is not quite what `trim` goes by. */
const SPACE_AROUND =
  /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g;

/** `text` without white space around it. */
export function trimSpace(text: string): string {
  return text.replace(SPACE_AROUND, "");
}

/** The text of a file. Bytes that are not UTF-8 are kept, as in file names. */
export function decodeText(bytes: Uint8Array): string {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return decodeName(bytes.subarray(3));
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  return decodeName(bytes);
}

/**
 * The lines of a text, without `\n` or `\r\n`.
 * @throws TasticError limit-exceeded for a line of 64 KiB or more
 */
export function splitLines(text: string, what: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line, index) => {
    if (line.length > MAX_LINE_LENGTH) {
      throw new TasticError("limit-exceeded", `${what}: line ${index + 1} is too long`);
    }
    return line.endsWith("\r") ? line.slice(0, -1) : line;
  });
}

/**
 * All bytes of a stream.
 * @throws TasticError limit-exceeded beyond 256 MiB
 */
export async function collectBytes(stream: AsyncIterable<Uint8Array>, what: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of stream) {
    length += part.length;
    if (length > MAX_LENGTH)
      throw new TasticError("limit-exceeded", `${what} is longer than ${MAX_LENGTH} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/**
 * All bytes of a file, or of whatever else can be read at the path.
 * @throws TasticError invalid-argument if it cannot be read; limit-exceeded
 */
export async function readWhole(path: string): Promise<Uint8Array> {
  try {
    return await collectBytes(createReadStream(systemPath(path)), path);
  } catch (error) {
    if (isTasticError(error)) throw error;
    throw new TasticError("invalid-argument", describeSystemError(error, path), { cause: error });
  }
}
