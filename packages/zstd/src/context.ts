/**
 * What a zstd implementation offers to the rest of tastic: RFC 8878 frames, whole or in pieces, on one thread and
 * synchronously. Every context reuses its memory, so keep one per thread.
 */
import { TasticError } from "@tastic/errors";

/** What the caller knows of a frame before it is decoded. */
export interface DecompressOptions {
  /** The exact number of bytes that must come out, where it is known. */
  readonly uncompressedLength?: number;
  /** The most bytes that may come out. */
  readonly maxLength: number;
  /** The name of the object, for errors: "blob 1a2b…". */
  readonly what: string;
}

export interface ZstdContext {
  /**
   * One frame of all of `data`, with its content size and without a checksum. The result is the caller's own.
   *
   * @param level zstd's compression level, 1 to 19. Frames of these levels never ask a reader for a window above 8 MiB,
   *   the least that RFC 8878 recommends every decoder to support.
   * @throws TasticError invalid-argument for a level that is none.
   */
  compress(data: Uint8Array, level: number): Uint8Array;
  /** Like `compress`, but the result may be the context's own memory: it holds until the context is used again. */
  lendCompressed(data: Uint8Array, level: number): Uint8Array;
  /**
   * Where a frame of `length` bytes, up to 11 MiB, may be put to be decompressed from there, without being copied or taking
   * memory of its own; undefined for a longer one. It holds until the context is used for anything else, and what was lent
   * before is gone.
   */
  inputRoom(length: number): Uint8Array | undefined;
  /**
   * The content of one frame, or of several one after the other, whether or not they declare their size.
   *
   * @throws TasticError limit-exceeded if more than `uncompressedLength` or `maxLength` bytes would come out or a
   *   window of more than 128 MiB would be needed; invalid-format if it is no frame, cut short, damaged or too short.
   */
  decompress(frame: Uint8Array, options: DecompressOptions): Uint8Array;
  /**
   * Like `decompress`, but hands the content over piece by piece and so needs little memory, however large it is.
   *
   * @param sink Called with each piece in order. A piece is valid until the context is used again, which `sink` must
   *   not do. What it was given before an error is not to be trusted.
   * @returns how many bytes came out.
   */
  decompressTo(frame: Uint8Array, options: DecompressOptions, sink: (piece: Uint8Array) => void): number;
}

/** Refuses a level that `ZstdContext.compress` does not take. */
export function checkLevel(level: number): void {
  if (Number.isInteger(level) && level >= 1 && level <= 19) return;
  throw new TasticError("invalid-argument", `${level} is not a zstd compression level`, {
    guidance: "Choose a whole number from 1 (fast) to 19 (small).",
  });
}

/** The most bytes that a decompression may produce; refuses options that contradict each other. */
export function outputLimit(options: DecompressOptions): number {
  const { uncompressedLength, maxLength, what } = options;
  for (const length of [maxLength, uncompressedLength ?? 0]) {
    if (Number.isSafeInteger(length) && length >= 0) continue;
    throw new TasticError("invalid-argument", `${length} is not a length for ${what}`);
  }
  if (uncompressedLength === undefined) return maxLength;
  if (uncompressedLength > maxLength) throw tooLong(what, maxLength);
  return uncompressedLength;
}

/** The error for content that is longer than the `limit`. */
export function tooLong(what: string, limit: number): TasticError {
  return new TasticError(
    "limit-exceeded",
    `${what} decompresses to more than the ${limit} bytes it may have`,
    {
      guidance: "The object is damaged or was made to exhaust memory; compare it with another copy.",
      data: { limit },
    },
  );
}

/** The error for bytes that are not a whole, correct frame. */
export function badFrame(what: string, reason: string): TasticError {
  return new TasticError("invalid-format", `${what} is not valid zstd data: ${reason}`, {
    guidance: "Its bytes were changed or cut short; compare it with another copy.",
  });
}

/** Refuses content that is shorter than it had to be. */
export function checkProduced(produced: number, { uncompressedLength, what }: DecompressOptions): void {
  if (uncompressedLength === undefined || produced === uncompressedLength) return;
  throw badFrame(what, `${produced} bytes came out where ${uncompressedLength} were expected`);
}
