/**
 * Which blobs are in use and how many copies there are of each, in typed arrays beside the index: 5 bytes a blob.
 */
import { PACK } from "../blob-entry.js";
import type { EntryKind } from "../blob-entry.js";
import type { BlobIndex } from "../blob-index.js";

/** The blobs that snapshots need, by their first entries in the index. */
export interface UsedBlobs {
  isMarked(entry: number): boolean;
}

const MOST_COPIES = 255;

export class BlobUse {
  /** By entry: the first entry of the same blob, the one that `find` gives. */
  readonly first: Uint32Array;
  /**
   * By first entry: 0 for what nobody needs, else the number of copies, 255 if there are more. That leads to no worse
   * than a copy too many.
   */
  readonly copies: Uint8Array;

  constructor(index: BlobIndex, used: UsedBlobs) {
    const size = index.size;
    this.first = new Uint32Array(size);
    this.copies = new Uint8Array(size);
    const id = new Uint8Array(32);
    for (let entry = 0; entry < size; entry++) {
      const kind: EntryKind = index.kind(entry);
      if (kind === PACK) continue;
      index.copyId(entry, id);
      const first = index.find(id, kind);
      this.first[entry] = first;
      const copies = this.copies[first] ?? 0;
      if (used.isMarked(first) && copies < MOST_COPIES) this.copies[first] = copies + 1;
    }
  }

  /** How many copies there are of the blob of an entry, if it is in use; else 0. */
  copiesOf(entry: number): number {
    return this.copies[this.first[entry] ?? 0] ?? 0;
  }
}
