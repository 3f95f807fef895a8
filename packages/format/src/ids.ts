/**
 * Ids: the SHA-256 that names every object of a repository (restic's design, "Repository Format").
 *
 * An id is a string of 64 lowercase hexadecimal digits. Brands keep ids of different kinds apart at compile
 * time and cost nothing at run time. Tight loops stay with the 32 raw bytes and never make the string.
 */
import { TasticError } from "@tastic/errors";

declare const kind: unique symbol;

/** 64 lowercase hexadecimal digits. */
export type Id = string & { readonly [kind]: unknown };
/** SHA-256 of a blob's plaintext, before compression. */
export type BlobId = Id & { readonly [kind]: "blob" };
/** SHA-256 of a whole pack file. */
export type PackId = Id & { readonly [kind]: "pack" };
/** SHA-256 of a sealed snapshot file. */
export type SnapshotId = Id & { readonly [kind]: "snapshot" };
/** SHA-256 of a sealed index file. */
export type IndexId = Id & { readonly [kind]: "index" };
/** SHA-256 of a key file. */
export type KeyId = Id & { readonly [kind]: "key" };
/** SHA-256 of a sealed lock file. */
export type LockId = Id & { readonly [kind]: "lock" };

/** Bytes in an id. */
export const ID_LENGTH = 32;

const ID = /^[0-9a-f]{64}$/;
const HEX_DIGITS = "0123456789abcdef";

/** The value of an ASCII hexadecimal digit (lowercase only), 255 for any other byte. */
export const HEX_VALUES: Uint8Array = new Uint8Array(256).fill(255);
for (let value = 0; value < 16; value++) HEX_VALUES[HEX_DIGITS.charCodeAt(value)] = value;

/** The ASCII codes of the hexadecimal digits. */
export const HEX_CODES: Uint8Array = Buffer.from(HEX_DIGITS);

const scratch = Buffer.alloc(ID_LENGTH);

/** Is this the text of an id? */
export function isId(text: unknown): text is Id {
  return typeof text === "string" && ID.test(text);
}

/**
 * Takes text as an id of kind `T`.
 * @param what what is being read, for the message
 * @throws TasticError invalid-format
 */
export function parseId<T extends Id = Id>(text: unknown, what: string): T {
  if (isId(text)) return text as T;
  throw new TasticError("invalid-format", `${what}: an id of 64 lowercase hexadecimal digits was expected`);
}

/**
 * The 32 bytes of an id, written to `target` at `offset` if given.
 * @throws TasticError invalid-format if `hex` is no id; invalid-argument if `target` is too short
 */
export function idToBytes(
  hex: string,
  target: Uint8Array = new Uint8Array(ID_LENGTH),
  offset = 0,
): Uint8Array {
  if (hex.length !== 2 * ID_LENGTH) throw new TasticError("invalid-format", "an id must have 64 digits");
  if (offset < 0 || offset + ID_LENGTH > target.length) {
    throw new TasticError("invalid-argument", "there is no room for an id at this offset");
  }
  if (!readId(hex, 0, target, offset)) {
    throw new TasticError("invalid-format", "an id must have lowercase hexadecimal digits only");
  }
  return target;
}

/**
 * Writes the 32 bytes of an id whose 64 digits stand in `text` from `at` on, to `target` at `offset`. False if these are
 * no such digits; then what was written means nothing.
 */
export function readId(text: string, at: number, target: Uint8Array, offset = 0): boolean {
  let seen = 0;
  for (let i = 0; i < ID_LENGTH; i++) {
    // A code beyond the table, or none, gives undefined, which counts as no digit.
    const high = HEX_VALUES[text.charCodeAt(at + 2 * i)] ?? 255;
    const low = HEX_VALUES[text.charCodeAt(at + 2 * i + 1)] ?? 255;
    seen |= high | low;
    target[offset + i] = (high << 4) | low;
  }
  return seen <= 15;
}

/**
 * The id whose 32 bytes are in `bytes` at `offset`.
 * @throws TasticError invalid-argument if there are fewer than 32 bytes
 */
export function idFromBytes<T extends Id = Id>(bytes: Uint8Array, offset = 0): T {
  if (offset < 0 || offset + ID_LENGTH > bytes.length) {
    throw new TasticError("invalid-argument", "an id has 32 bytes, and there are fewer here");
  }
  // Copying into a Buffer that is there is faster than making one for the view.
  for (let i = 0; i < ID_LENGTH; i++) scratch[i] = bytes[offset + i] ?? 0;
  return scratch.toString("hex") as T;
}

/** The first eight digits: how an id is shown to people. */
export function shortId(id: Id): string {
  return id.slice(0, 8);
}
