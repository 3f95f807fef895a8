// Cuts bytes exactly as restic does, with the WebAssembly kernel in assembly/rabin.ts: section "Backups and
// Deduplication" of restic's design document.
import { checkRange, type Chunker, type ChunkerOptions } from "./chunker.js";
import { RABIN_DEGREE, RABIN_WINDOW, rabinParameters, residues } from "./rabin-tables.js";
import { wasmBase64 } from "./rabin.wasm.js";

/** A constant of the kernel, as WebAssembly exports it. */
interface Place {
  readonly value: number;
}

interface Kernel {
  readonly memory: WebAssembly.Memory;
  readonly reductionTable: Place;
  readonly removalTable: Place;
  readonly bufferStart: Place;
  readonly findCut: (first: number, limit: number, mask: number) => number;
}

const PAGE = 65_536;
let compiled: WebAssembly.Module | undefined;

function instantiate(): Kernel {
  compiled ??= new WebAssembly.Module(Buffer.from(wasmBase64, "base64"));
  return new WebAssembly.Instance(compiled).exports as unknown as Kernel;
}

/**
 * A chunker for the repository whose config has this polynomial: what it cuts is what restic cuts.
 *
 * Its `buffer` lies in WebAssembly memory. Throws `unsupported` for a polynomial of a degree other than 53,
 * `invalid-argument` for impossible options.
 */
export function createRabinChunker(polynomial: bigint, options: ChunkerOptions = {}): Chunker {
  const { bufferSize, minSize, maxSize, mask } = rabinParameters(polynomial, options);
  const { memory, findCut, ...places } = instantiate();
  const bufferStart = places.bufferStart.value;
  memory.grow(Math.ceil((bufferStart + bufferSize) / PAGE) - memory.buffer.byteLength / PAGE);

  const table = (place: Place): BigUint64Array => new BigUint64Array(memory.buffer, place.value, 256);
  table(places.reductionTable).set(residues(polynomial, RABIN_DEGREE));
  table(places.removalTable).set(residues(polynomial, 8 * RABIN_WINDOW));
  const buffer = new Uint8Array(memory.buffer, bufferStart, bufferSize);

  return {
    minSize,
    maxSize,
    buffer,
    nextCut(start, end, from = start) {
      checkRange(start, end, buffer);
      if (end - start <= minSize) return end;
      const limit = Math.min(end, start + maxSize);
      const first = Math.max(start + minSize, from);
      return findCut(bufferStart + first, bufferStart + limit, mask) - bufferStart;
    },
  };
}
