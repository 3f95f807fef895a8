/**
 * Reading packs: the header at a pack's end, and blobs out of it (design.rst, "Pack Format").
 */
import type { CryptoProvider, Sealer } from "@tastic/crypto";
import { TasticError } from "@tastic/errors";
import { HEADER_LENGTH_SIZE, decodePackHeader, readHeaderLength } from "@tastic/format";
import type { PackEntry, PackId } from "@tastic/format";
import type { ZstdContext } from "@tastic/zstd";
import type { Storage } from "@tastic/storage";

/** Most headers fit in the tail that is read first: 15 entries, as restic reads. */
const EAGER_TAIL = 651;
/** A blob may not unpack to more than this, as its length is stored in 32 bits. */
export const MAX_BLOB_LENGTH = 0xffff_ffff;

/** Reads and verifies the header of a pack of `size` bytes. Errors: those of the store, of `open`, of the header. */
export async function loadPackHeader(
  storage: Storage,
  sealer: Sealer,
  id: PackId,
  size: number,
  signal?: AbortSignal,
): Promise<PackEntry[]> {
  const what = `pack ${id}`;
  const options = { signal };
  const load = (length: number): Promise<Uint8Array> =>
    storage.load({ type: "pack", name: id }, { offset: size - length, length }, options);
  let tail = await load(Math.min(size, EAGER_TAIL));
  const headerLength = readHeaderLength(tail.subarray(-HEADER_LENGTH_SIZE), size, what);
  const needed = headerLength + HEADER_LENGTH_SIZE;
  if (needed > tail.length) tail = await load(needed);
  const sealed = tail.subarray(tail.length - needed, tail.length - HEADER_LENGTH_SIZE);
  return decodePackHeader(sealer.open(sealed, `header of ${what}`), size, what);
}

/** What is needed to open a blob. */
export interface BlobOpener {
  readonly crypto: CryptoProvider;
  readonly sealer: Sealer;
  readonly zstd: ZstdContext;
}

/**
 * Opens a sealed blob and holds it against its id (32 bytes).
 * Errors: `damaged-ciphertext`, `zero-nonce`, `invalid-format`, `limit-exceeded`, `hash-mismatch`; all name `what`.
 */
export function openBlob(
  opener: BlobOpener,
  id: Uint8Array,
  sealed: Uint8Array,
  uncompressedLength: number,
  what: string,
): Uint8Array {
  let plaintext = opener.sealer.open(sealed, what);
  if (uncompressedLength > 0) {
    checkUncompressedLength(uncompressedLength, what);
    plaintext = opener.zstd.decompress(plaintext, {
      uncompressedLength,
      maxLength: uncompressedLength,
      what,
    });
  }
  if (Buffer.compare(opener.crypto.sha256(plaintext), id) !== 0) throw hashMismatch(what);
  return plaintext;
}

/** Errors: `limit-exceeded` for what no blob unpacks to. */
export function checkUncompressedLength(length: number, what: string): void {
  if (length <= MAX_BLOB_LENGTH) return;
  throw new TasticError("limit-exceeded", `${what} would unpack to ${length} bytes`, {
    guidance: "No backup makes blobs of that size: the index or the pack is damaged. Run check.",
  });
}

/** The error for a blob that is whole, but not the one it should be. */
export function hashMismatch(what: string): TasticError {
  return new TasticError("hash-mismatch", `${what} does not have the content that its id states`, {
    guidance: "The pack is damaged. Run check to see what depends on it.",
  });
}
