/**
 * What the index says about each pack: its blobs, and with them how large it must be (design.rst, "Pack Format").
 */
import {
  COMPRESSED_ENTRY_LENGTH,
  HEADER_LENGTH_SIZE,
  PLAIN_ENTRY_LENGTH,
  SEALING_OVERHEAD,
  idFromBytes,
} from "@tastic/format";
import type { PackId } from "@tastic/format";
import { PACK } from "./blob-entry.js";
import type { BlobIndex } from "./blob-index.js";

export class PackTable {
  readonly #index: BlobIndex;
  /** By entry number of the pack. */
  readonly #sizes: Float64Array;
  /** Entries of blobs ordered by pack; those of a pack begin at its start and end where the next one's begin. */
  readonly #blobs: Uint32Array;
  readonly #starts: Uint32Array;

  constructor(index: BlobIndex) {
    const size = index.size;
    this.#index = index;
    this.#sizes = new Float64Array(size);
    this.#starts = new Uint32Array(size + 1);
    let count = 0;
    for (let entry = 0; entry < size; entry++) {
      if (index.kind(entry) === PACK) continue;
      const pack = index.pack(entry);
      const header = index.uncompressedLength(entry) > 0 ? COMPRESSED_ENTRY_LENGTH : PLAIN_ENTRY_LENGTH;
      this.#sizes[pack] = (this.#sizes[pack] ?? 0) + index.length(entry) + header;
      this.#starts[pack + 1] = (this.#starts[pack + 1] ?? 0) + 1;
      count++;
    }
    for (let pack = 0; pack < size; pack++) {
      this.#starts[pack + 1] = (this.#starts[pack + 1] ?? 0) + (this.#starts[pack] ?? 0);
    }
    this.#blobs = new Uint32Array(count);
    const next = this.#starts.slice();
    for (let entry = 0; entry < size; entry++) {
      if (index.kind(entry) === PACK) continue;
      const pack = index.pack(entry);
      this.#blobs[next[pack] ?? 0] = entry;
      next[pack] = (next[pack] ?? 0) + 1;
    }
  }

  /** The entry numbers of all packs. */
  packs(): Iterable<number> {
    return this.#index.packs();
  }

  id(pack: number): PackId {
    return idFromBytes(this.#index.id(pack));
  }

  /** Bytes of the whole pack, as its blobs imply. */
  size(pack: number): number {
    return (this.#sizes[pack] ?? 0) + SEALING_OVERHEAD + HEADER_LENGTH_SIZE;
  }

  /** The entries of a pack's blobs in the order in which they lie in it. */
  blobs(pack: number): number[] {
    const entries = Array.from(this.#blobs.subarray(this.#starts[pack], this.#starts[pack + 1]));
    return entries.sort((a, b) => this.#index.offset(a) - this.#index.offset(b));
  }
}
