/**
 * What is sealed of files that are not packs: indexes, snapshots and locks (restic's design, "Unpacked Data Format").
 *
 * In a repository of version 1 it is the JSON itself; in one of version 2 a byte 2, then the JSON compressed. Since JSON
 * begins with a bracket or a brace, both can be told apart, and a repository of version 2 may hold both. The config and
 * keys do not go through this.
 */
import { TasticError } from "@tastic/errors";
import type { RepositoryVersion } from "./config.js";
import { compressionLevel } from "./compression-mode.js";
import type { ZstdContext } from "@tastic/zstd";

const COMPRESSED = 2;
const BRACKET = 0x5b;
const BRACE = 0x7b;

/** The plaintext of a file for its JSON. */
export function encodeUnpacked(version: RepositoryVersion, json: Uint8Array, zstd: ZstdContext): Uint8Array {
  if (version === 1) return json;
  return Buffer.concat([Buffer.of(COMPRESSED), zstd.compress(json, compressionLevel("auto"))]);
}

/**
 * Whether `bytes`, a file's plaintext, hold just this JSON. Compares piece by piece, as it may be long.
 * @throws TasticError invalid-format, limit-exceeded; unsupported for an unknown encoding
 */
export function holdsJson(bytes: Uint8Array, json: Uint8Array, zstd: ZstdContext, what: string): boolean {
  if (bytes[0] !== COMPRESSED)
    return Buffer.compare(decodeUnpacked(bytes, zstd, what, json.length), json) === 0;
  let same = true;
  let at = 0;
  const end = zstd.decompressTo(bytes.subarray(1), { maxLength: json.length, what }, (piece) => {
    same &&= Buffer.compare(piece, json.subarray(at, at + piece.length)) === 0;
    at += piece.length;
  });
  return same && end === json.length;
}

/**
 * The JSON of a file's plaintext; empty for an empty file.
 * @param maxLength how many bytes of JSON to accept
 * @throws TasticError invalid-format, limit-exceeded; unsupported for an unknown encoding
 */
export function decodeUnpacked(
  bytes: Uint8Array,
  zstd: ZstdContext,
  what: string,
  maxLength: number,
): Uint8Array {
  const first = bytes[0];
  if (first === COMPRESSED) return zstd.decompress(bytes.subarray(1), { maxLength, what });
  if (first === undefined || first === BRACKET || first === BRACE) {
    if (bytes.length <= maxLength) return bytes;
    throw new TasticError("limit-exceeded", `${what}: ${bytes.length} bytes are more than ${maxLength}`);
  }
  throw new TasticError("unsupported", `${what}: not supported encoding format ${first}`, {
    guidance: "The file is damaged, or was written by a newer program.",
  });
}
