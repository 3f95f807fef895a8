// FastCDC, a chunker to choose for a repository that need not deduplicate against what restic itself writes.
import { createRequire } from "node:module";
import { checkInteger, checkRange, chunkerSizes, type Chunker, type ChunkerOptions } from "./chunker.js";

const KiB = 1024;
const MiB = 1024 * KiB;
// The library traps without a word on what lies outside of these.
const LEAST = { min: 64, average: 256, max: 1024 };
const MOST = { min: 64 * MiB, average: 256 * MiB };

const require = createRequire(import.meta.url);

export interface FastCdcOptions extends Omit<ChunkerOptions, "averageBits"> {
  /** The length that most chunks come close to, in bytes; 1 MiB by default. */
  readonly averageSize?: number;
}

/**
 * A FastCDC chunker; sizes are as restic's by default. Throws `invalid-argument` for impossible options: `minSize`
 * must be 64 bytes to 64 MiB, `averageSize` 256 bytes to 256 MiB, `maxSize` 1 KiB to 512 MiB, in ascending order.
 */
export function createFastCdcChunker(options: FastCdcOptions = {}): Chunker {
  const { bufferSize, minSize, maxSize } = chunkerSizes(options, LEAST.min);
  checkInteger("maxSize", maxSize, LEAST.max, maxSize);
  checkInteger("minSize", minSize, LEAST.min, MOST.min);
  const { averageSize = MiB } = options;
  checkInteger("averageSize", averageSize, Math.max(minSize, LEAST.average), Math.min(maxSize, MOST.average));
  // Loaded here and not at the top, as it compiles when it is loaded and few ask for it.
  const { get_chunks: findChunks } = require("fastcdc-wasm") as typeof import("fastcdc-wasm");
  const buffer = new Uint8Array(bufferSize);

  return {
    minSize,
    maxSize,
    buffer,
    nextCut(start, end) {
      checkRange(start, end, buffer);
      const limit = Math.min(end, start + maxSize);
      // The library cuts all it is given, and copies it: give it little at first. A cut before the end of what it
      // was given stays where it is however much follows.
      for (let size = 2 * averageSize; ; size *= 2) {
        const given = Math.min(limit, start + size);
        const cut = start + findChunks(buffer.subarray(start, given), minSize, averageSize, maxSize)[1]!;
        if (cut < given || given === limit) return cut;
      }
    },
  };
}
