/**
 * Looking up the same path in one snapshot after the other: of a tree that was looked into before, the answer is known.
 */
import type { BlobId, Node } from "@tastic/format";
import type { Repository } from "@tastic/repository";
import { findNode } from "./find-tree.js";

/** Finds paths in many snapshots, and reads each folder that they share once. */
export class PathLookup {
  readonly #repository: Repository;
  readonly #signal: AbortSignal | undefined;
  readonly #known = new Map<string, Node | undefined>();

  constructor(repository: Repository, signal?: AbortSignal) {
    this.#repository = repository;
    this.#signal = signal;
  }

  /**
   * The node that these names lead to from a tree, or undefined. The index must be loaded.
   * Errors: those of trees that cannot be read.
   */
  async find(root: BlobId, names: readonly string[]): Promise<Node | undefined> {
    let tree: BlobId | undefined = root;
    let node: Node | undefined;
    for (const name of names) {
      if (tree === undefined) return undefined;
      const key = `${tree}/${name}`;
      if (!this.#known.has(key))
        this.#known.set(key, await findNode(this.#repository, tree, name, this.#signal));
      node = this.#known.get(key);
      if (node === undefined) return undefined;
      tree = node.type === "dir" ? node.subtree : undefined;
    }
    return node;
  }
}
