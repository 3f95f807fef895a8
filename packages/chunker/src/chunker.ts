// What every chunker offers, and the checks they share. Defaults are restic's: section "Backups and Deduplication"
// of its design document.
import { TasticError } from "@tastic/errors";

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

/** Finds where a stream of bytes is to be cut. Stateless: every chunk starts afresh, where the last one ended. */
export interface Chunker {
  /** No chunk is shorter, in bytes, but the last of its input. */
  readonly minSize: number;
  /** No chunk is longer, in bytes. */
  readonly maxSize: number;
  /** The memory that is cut, on which callers read their input. It must not be transferred to another thread. */
  readonly buffer: Uint8Array;
  /**
   * Where the first chunk of `buffer[start, end)` ends: an offset in (start, end].
   *
   * Give at least `maxSize` bytes, unless the input ends at `end`; what is left without a cut is then its last
   * chunk. Who has fewer may ask all the same: a cut before `end` is one, and `end` itself tells only that there is
   * none before it; then ask again with more, and with that `end` as `from`, before which nothing need be looked at.
   *
   * Throws `invalid-argument` for a range that is empty or not within the buffer.
   */
  nextCut(start: number, end: number, from?: number): number;
}

export interface ChunkerOptions {
  /** Length of `buffer` in bytes; twice `maxSize` by default. */
  readonly bufferSize?: number;
  /** Shortest chunk in bytes, 512 KiB by default; at least 64, the window of the hash. */
  readonly minSize?: number;
  /** Longest chunk in bytes, 8 MiB by default. */
  readonly maxSize?: number;
  /** A cut comes every 2^averageBits bytes on average beyond `minSize`; 20 by default. */
  readonly averageBits?: number;
}

/** Sizes that have passed the checks. */
export interface ChunkerSizes {
  readonly bufferSize: number;
  readonly minSize: number;
  readonly maxSize: number;
}

/** Throws `invalid-argument` unless `value` is an integer from `least` to `most`. */
export function checkInteger(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new TasticError("invalid-argument", `chunker: ${name} is ${value}`, {
    guidance: `Give an integer from ${least} to ${most}.`,
  });
}

/** Fills in restic's defaults and checks that the sizes can work together. */
export function chunkerSizes(options: ChunkerOptions, leastMinSize: number): ChunkerSizes {
  const { minSize = 512 * KiB, maxSize = 8 * MiB } = options;
  checkInteger("maxSize", maxSize, leastMinSize, GiB / 2);
  checkInteger("minSize", minSize, leastMinSize, maxSize);
  const { bufferSize = 2 * maxSize } = options;
  checkInteger("bufferSize", bufferSize, maxSize, GiB);
  return { bufferSize, minSize, maxSize };
}

/** Throws `invalid-argument` unless `[start, end)` is a part of the buffer with something in it. */
export function checkRange(start: number, end: number, buffer: Uint8Array): void {
  checkInteger("end of the bytes to cut", end, 1, buffer.length);
  checkInteger("start of the bytes to cut", start, 0, end - 1);
}
