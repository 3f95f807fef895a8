/**
 * Which trees hold nothing of what is looked for, at any depth: snapshots have most of their trees in common, and these
 * need not be searched a second time. One byte for each entry of the index.
 */
import { idToBytes } from "@tastic/format";
import type { BlobId } from "@tastic/format";
import { TREE } from "@tastic/repository";
import type { Repository } from "@tastic/repository";
import { BlobMarks } from "../check/blob-marks.js";

export class BarrenTrees {
  readonly #index: Repository["index"];
  readonly #marks: BlobMarks | undefined;
  /** What was found so far, and how much of it when each open folder was entered. */
  #found = 0;
  #whenEntered: number[] = [];

  /** @param applies whether a tree that holds nothing in one place holds nothing in any */
  constructor({ index }: Repository, applies: boolean) {
    this.#index = index;
    this.#marks = applies ? new BlobMarks(index) : undefined;
  }

  /** A new walk begins. */
  begin(): void {
    this.#whenEntered = [];
  }

  has(tree: BlobId | undefined): boolean {
    if (this.#marks === undefined || tree === undefined) return false;
    const entry = this.#index.find(idToBytes(tree), TREE);
    return entry >= 0 && this.#marks.isMarked(entry);
  }

  noteFind(): void {
    this.#found++;
  }

  enter(_tree: BlobId): void {
    this.#whenEntered.push(this.#found);
  }

  /** @param isSpecial whether the tree was searched in a way that says nothing of it in other places */
  leave(tree: BlobId, isSpecial = false): void {
    const before = this.#whenEntered.pop();
    if (this.#marks === undefined || isSpecial || before !== this.#found) return;
    const entry = this.#index.find(idToBytes(tree), TREE);
    if (entry >= 0) this.#marks.markEntry(entry);
  }
}
