// The plain twin of the WebAssembly kernel, for tests to hold it against: restic's chunker as its design document
// and its format describe it, with a ring of 64 bytes and one hash, a byte at a time. The hash is two 32-bit halves.
import { checkRange, type Chunker, type ChunkerOptions } from "./chunker.js";
import { RABIN_DEGREE, RABIN_WINDOW, rabinParameters, residues } from "./rabin-tables.js";

/** The digest's top byte, as it lies in the upper half. */
const TOP_SHIFT = RABIN_DEGREE - 8 - 32;
/** The bits of the digest in the upper half. */
const UPPER_MASK = 2 ** (RABIN_DEGREE - 32) - 1;

interface Halves {
  readonly upper: Uint32Array;
  readonly lower: Uint32Array;
}

function halves(table: BigUint64Array): Halves {
  return {
    upper: Uint32Array.from(table, (entry) => Number(entry >> 32n)),
    lower: Uint32Array.from(table, (entry) => Number(BigInt.asUintN(32, entry))),
  };
}

class Rabin {
  readonly #ring = new Uint8Array(RABIN_WINDOW);
  readonly #reduction: Halves;
  readonly #removal: Halves;
  #oldest = 0;
  #upper = 0;
  #lower = 0;

  constructor(polynomial: bigint) {
    this.#reduction = halves(residues(polynomial, RABIN_DEGREE));
    // The oldest byte has 63 younger ones after it.
    this.#removal = halves(residues(polynomial, 8 * (RABIN_WINDOW - 1)));
  }

  get lower(): number {
    return this.#lower;
  }

  /** Every chunk starts with a window of zeros, into which a single 1 has moved. */
  reset(): void {
    this.#ring.fill(0);
    this.#oldest = this.#upper = this.#lower = 0;
    this.slide(1);
  }

  slide(byte: number): void {
    const leaving = this.#ring[this.#oldest]!;
    this.#ring[this.#oldest] = byte;
    this.#oldest = (this.#oldest + 1) % RABIN_WINDOW;
    const upper = this.#upper ^ this.#removal.upper[leaving]!;
    const lower = this.#lower ^ this.#removal.lower[leaving]!;
    const top = upper >>> TOP_SHIFT;
    this.#upper = (((upper << 8) | (lower >>> 24)) & UPPER_MASK) ^ this.#reduction.upper[top]!;
    this.#lower = (lower << 8) ^ byte ^ this.#reduction.lower[top]!;
  }
}

/** Does what `createRabinChunker` does, with the same options and errors, several times slower. */
export function createRabinTwin(polynomial: bigint, options: ChunkerOptions = {}): Chunker {
  const { bufferSize, minSize, maxSize, mask } = rabinParameters(polynomial, options);
  const buffer = new Uint8Array(bufferSize);
  const rabin = new Rabin(polynomial);

  return {
    minSize,
    maxSize,
    buffer,
    nextCut(start, end, from = start) {
      checkRange(start, end, buffer);
      rabin.reset();
      const limit = Math.min(end, start + maxSize);
      // The hash need not know what has left its window before the first cut is allowed.
      const first = Math.max(start + minSize, from);
      for (let at = first - RABIN_WINDOW; at < limit; at++) {
        rabin.slide(buffer[at]!);
        if (at + 1 >= first && (rabin.lower & mask) === 0) return at + 1;
      }
      return limit;
    },
  };
}
