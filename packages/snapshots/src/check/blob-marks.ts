/**
 * Marks on the blobs of an index: one byte each, beside the index, rather than a second table of ids.
 */
import type { BlobIndex } from "@tastic/repository";

export class BlobMarks {
  readonly #marks: Uint8Array;

  /** For the index as it is: blobs that are added later cannot be marked. */
  constructor(index: BlobIndex) {
    this.#marks = new Uint8Array(index.size);
  }

  /** Marks an entry; returns whether it was unmarked. */
  markEntry(entry: number): boolean {
    if (this.#marks[entry] !== 0) return false;
    this.#marks[entry] = 1;
    return true;
  }

  isMarked(entry: number): boolean {
    return this.#marks[entry] === 1;
  }

  /** The numbers of all marked entries, in ascending order. */
  *entries(): Generator<number> {
    for (let entry = 0; entry < this.#marks.length; entry++) if (this.#marks[entry] === 1) yield entry;
  }
}
