/**
 * Which of two snapshots use a blob: one byte for each entry of the index, and a map only for blobs that no index
 * lists.
 */
import { idToBytes } from "@tastic/format";
import type { BlobId, Node } from "@tastic/format";
import { DATA, PACK, TREE } from "@tastic/repository";
import type { Repository } from "@tastic/repository";

export const BEFORE = 1;
export const AFTER = 2;
/** Below folders that are the same on both sides. */
export const COMMON = 4;
/** All that is below this tree is marked as common. */
const COLLECTED = 8;

export class BlobSides {
  readonly #index: Repository["index"];
  readonly #marks: Uint8Array;
  readonly #unknown = new Map<string, { kind: "data" | "tree"; id: BlobId; marks: number }>();

  constructor({ index }: Repository) {
    this.#index = index;
    this.#marks = new Uint8Array(index.size);
  }

  mark(kind: "data" | "tree", id: BlobId, side: number): void {
    const entry = this.#index.find(idToBytes(id), kind === "data" ? DATA : TREE);
    if (entry >= 0) {
      this.#marks[entry] = (this.#marks[entry] ?? 0) | side;
      return;
    }
    const known = this.#unknown.get(`${kind} ${id}`);
    if (known === undefined) this.#unknown.set(`${kind} ${id}`, { kind, id, marks: side });
    else known.marks |= side;
  }

  /** Marks the blobs of a file's content, or a folder's tree. */
  markNode(node: Node | undefined, side: number): void {
    if (node?.type === "file") for (const id of node.content ?? []) this.mark("data", id, side);
    else if (node?.type === "dir" && node.subtree !== undefined) this.mark("tree", node.subtree, side);
  }

  /** Must the tree still be walked to mark all below it as common? Only once. */
  claimCommon(tree: BlobId): boolean {
    const entry = this.#index.find(idToBytes(tree), TREE);
    if (entry < 0) return true;
    const marks = this.#marks[entry] ?? 0;
    this.#marks[entry] = marks | COLLECTED;
    return (marks & COLLECTED) === 0;
  }

  /** The entries of blobs that this side alone has. */
  *only(side: number): Generator<number> {
    for (let entry = 0; entry < this.#marks.length; entry++) {
      if (isOnly(this.#marks[entry] ?? 0, side) && this.#index.kind(entry) !== PACK) yield entry;
    }
  }

  /** Those among them that no index lists. */
  *unknownOnly(side: number): Generator<{ readonly kind: "data" | "tree"; readonly id: BlobId }> {
    for (const blob of this.#unknown.values()) if (isOnly(blob.marks, side)) yield blob;
  }
}

function isOnly(marks: number, side: number): boolean {
  return (marks & (BEFORE | AFTER | COMMON)) === side;
}
