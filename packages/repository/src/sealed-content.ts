/**
 * What sealed bytes hold, looked at where zstd takes it from: pages that are new each time cost more than decrypting, and
 * the largest blob is not held a second time.
 */
import { releaseMemory, SEAL_OVERHEAD } from "@tastic/crypto";
import type { IncrementalHash } from "@tastic/crypto";
import { checkUncompressedLength } from "./pack-files.js";
import type { BlobOpener } from "./pack-files.js";

/** What was sealed: it holds until zstd is used for anything else. Errors: those of `Sealer.open`. */
export function unseal({ sealer, zstd }: BlobOpener, sealed: Uint8Array, what: string): Uint8Array {
  return sealer.open(sealed, what, zstd.inputRoom(Math.max(0, sealed.length - SEAL_OVERHEAD)));
}

/**
 * The SHA-256 of the plaintext of a sealed blob, opened piece by piece.
 * @param uncompressedLength as the index states it: 0 for a blob that is not compressed
 * Errors: as those of `openBlob`, but for `hash-mismatch`.
 */
export function hashSealed(
  opener: BlobOpener,
  sealed: Uint8Array,
  uncompressedLength: number,
  what: string,
): Uint8Array {
  const content = unseal(opener, sealed, what);
  try {
    return hashContent(opener, content, uncompressedLength, what);
  } finally {
    // It has memory of its own only where zstd has no room for it.
    if (opener.zstd.inputRoom(content.length) === undefined) releaseMemory(content);
  }
}

function hashContent(
  { crypto, zstd }: BlobOpener,
  content: Uint8Array,
  uncompressedLength: number,
  what: string,
): Uint8Array {
  if (uncompressedLength === 0) return crypto.sha256(content);
  checkUncompressedLength(uncompressedLength, what);
  let hash: IncrementalHash | undefined;
  let whole: Uint8Array | undefined;
  zstd.decompressTo(content, { uncompressedLength, maxLength: uncompressedLength, what }, (piece) => {
    // One call for all of it costs less than a hash that is fed.
    if (piece.length === uncompressedLength) whole = crypto.sha256(piece);
    else (hash ??= crypto.createHash()).update(piece);
  });
  return whole ?? (hash ?? crypto.createHash()).digest();
}
