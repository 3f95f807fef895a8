/**
 * What sealed bytes hold, in memory that is there: where zstd takes it from, or a piece at a time for who only hashes it.
 * Pages that are new each time cost more than decrypting, and the largest blob is not held a second time.
 */
import { releaseMemory, SEAL_OVERHEAD } from "@tastic/crypto";
import type { CryptoProvider, IncrementalHash } from "@tastic/crypto";
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
  const { crypto, sealer, zstd } = opener;
  if (uncompressedLength === 0)
    return hashPieces(crypto, sealed.length - SEAL_OVERHEAD, (sink) => sealer.openTo(sealed, what, sink));
  const content = unseal(opener, sealed, what);
  try {
    checkUncompressedLength(uncompressedLength, what);
    const limits = { uncompressedLength, maxLength: uncompressedLength, what };
    return hashPieces(crypto, uncompressedLength, (sink) => zstd.decompressTo(content, limits, sink));
  } finally {
    // It has memory of its own only where zstd has no room for it.
    if (zstd.inputRoom(content.length) === undefined) releaseMemory(content);
  }
}

/** The hash of `length` bytes that come in pieces: one call for all of them costs less than a hash that is fed. */
function hashPieces(
  crypto: CryptoProvider,
  length: number,
  give: (sink: (piece: Uint8Array) => void) => void,
): Uint8Array {
  let hash: IncrementalHash | undefined;
  let whole: Uint8Array | undefined;
  give((piece) => {
    if (piece.length === length) whole = crypto.sha256(piece);
    else (hash ??= crypto.createHash()).update(piece);
  });
  return whole ?? (hash ?? crypto.createHash()).digest();
}
