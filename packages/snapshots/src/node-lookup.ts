/**
 * The entries that a folder had in the parent snapshot, found by name. Asked in order, each question costs a step.
 */
import { compareNames } from "@tastic/format";
import type { Node } from "@tastic/format";

export class NodeLookup {
  readonly #nodes: readonly Node[];
  #next = 0;

  /** @param nodes in the order of a tree */
  constructor(nodes: readonly Node[]) {
    this.#nodes = nodes;
  }

  find(name: string): Node | undefined {
    if (this.#nodes.length === 0) return undefined;
    const last = this.#nodes[this.#next - 1];
    if (last !== undefined && compareNames(name, last.name) <= 0) this.#next = 0;
    for (let node = this.#nodes[this.#next]; node !== undefined; node = this.#nodes[++this.#next]) {
      const order = compareNames(node.name, name);
      if (order === 0) return this.#nodes[this.#next++];
      if (order > 0) return undefined;
    }
    return undefined;
  }
}
