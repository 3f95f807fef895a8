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
  /** By entry number of a pack: its number here, since there are far fewer packs than entries. */
  readonly #numbers = new Map<number, number>();
  readonly #sizes: Float64Array;
  /** Entries of blobs ordered by pack; those of a pack begin at its start and end where the next one's begin. */
  readonly #blobs: Uint32Array;
  readonly #starts: Uint32Array;

  constructor(index: BlobIndex) {
    this.#index = index;
    for (const pack of index.packs()) this.#numbers.set(pack, this.#numbers.size);
    const count = this.#numbers.size;
    this.#sizes = new Float64Array(count);
    this.#starts = new Uint32Array(count + 1);
    let blobs = 0;
    for (const [entry, pack] of this.#placed()) {
      const header = index.uncompressedLength(entry) > 0 ? COMPRESSED_ENTRY_LENGTH : PLAIN_ENTRY_LENGTH;
      this.#sizes[pack] = (this.#sizes[pack] ?? 0) + index.length(entry) + header;
      this.#starts[pack + 1] = (this.#starts[pack + 1] ?? 0) + 1;
      blobs++;
    }
    for (let pack = 0; pack < count; pack++) {
      this.#starts[pack + 1] = (this.#starts[pack + 1] ?? 0) + (this.#starts[pack] ?? 0);
    }
    this.#blobs = new Uint32Array(blobs);
    const next = this.#starts.slice();
    for (const [entry, pack] of this.#placed()) {
      this.#blobs[next[pack] ?? 0] = entry;
      next[pack] = (next[pack] ?? 0) + 1;
    }
  }

  /** All blobs of the index, each with its pack's number here: one array, filled anew for each. */
  *#placed(): Generator<readonly [number, number]> {
    const placed: [number, number] = [0, 0];
    let last = -1;
    let number: number | undefined;
    // Entries of a pack mostly follow each other. What is in no pack yet has none.
    for (let entry = 0, size = this.#index.size; entry < size; entry++) {
      if (this.#index.kind(entry) === PACK) continue;
      const pack = this.#index.pack(entry);
      if (pack !== last) number = this.#numbers.get(pack);
      last = pack;
      if (number === undefined) continue;
      placed[0] = entry;
      placed[1] = number;
      yield placed;
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
    return (this.#sizes[this.#numbers.get(pack) ?? -1] ?? 0) + SEALING_OVERHEAD + HEADER_LENGTH_SIZE;
  }

  /** The entries of a pack's blobs in the order in which they lie in it. */
  blobs(pack: number): number[] {
    const number = this.#numbers.get(pack);
    if (number === undefined) return [];
    const entries = Array.from(this.#blobs.subarray(this.#starts[number], this.#starts[number + 1]));
    return entries.sort((a, b) => this.#index.offset(a) - this.#index.offset(b));
  }
}
