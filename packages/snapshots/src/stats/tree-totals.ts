/**
 * What was counted below trees that were walked already: snapshots have most of their trees in common, and what counts
 * the same everywhere need not be counted twice. Four bytes beside each entry of the index, and two numbers a tree.
 */
import { idToBytes } from "@tastic/format";
import type { BlobId } from "@tastic/format";
import { TREE } from "@tastic/repository";
import type { Repository } from "@tastic/repository";
import { NumberColumn } from "../restore/number-column.js";

export interface Total {
  readonly files: number;
  readonly bytes: number;
}

export class TreeTotals {
  readonly #index: Repository["index"];
  /** By entry of the index: the row below, counted from 1; 0 for a tree that must be walked. */
  readonly #rows: Uint32Array;
  readonly #files = NumberColumn.float64();
  readonly #bytes = NumberColumn.float64();

  constructor({ index }: Repository) {
    this.#index = index;
    this.#rows = new Uint32Array(index.size);
  }

  get(tree: BlobId): Total | undefined {
    const row = this.#rows[this.#entryOf(tree)] ?? 0;
    return row === 0 ? undefined : { files: this.#files.get(row - 1), bytes: this.#bytes.get(row - 1) };
  }

  set(tree: BlobId, { files, bytes }: Total): void {
    const entry = this.#entryOf(tree);
    if (entry < 0) return;
    this.#bytes.push(bytes);
    this.#rows[entry] = this.#files.push(files) + 1;
  }

  #entryOf(tree: BlobId): number {
    return this.#index.find(idToBytes(tree), TREE);
  }
}
