/**
 * The entries that a folder had in the parent snapshot, found by name. Asked in order, each question costs a step, and
 * no more than one node is held: a folder may have a million.
 */
import { compareNames } from "@tastic/format";
import type { Node } from "@tastic/format";

export class NodeLookup {
  readonly #nodes: Iterable<Node>;
  readonly #onDamage: ((error: unknown) => void) | undefined;
  #rest: Iterator<Node>;
  #next: Node | undefined;
  #last = "";

  /**
   * @param nodes in the order of a tree; begun again for a name that does not come after the last one
   * @param onDamage is told if the nodes end with an error; without it, `find` throws
   */
  constructor(nodes: Iterable<Node>, onDamage?: (error: unknown) => void) {
    this.#nodes = nodes;
    this.#onDamage = onDamage;
    this.#rest = nodes[Symbol.iterator]();
    this.#advance();
  }

  find(name: string): Node | undefined {
    if (compareNames(name, this.#last) < 0) {
      this.#rest = this.#nodes[Symbol.iterator]();
      this.#advance();
    }
    this.#last = name;
    while (this.#next !== undefined && compareNames(this.#next.name, name) < 0) this.#advance();
    return this.#next?.name === name ? this.#next : undefined;
  }

  #advance(): void {
    this.#next = undefined;
    try {
      const step = this.#rest.next();
      if (step.done !== true) this.#next = step.value;
    } catch (error) {
      if (this.#onDamage === undefined) throw error;
      this.#onDamage(error);
    }
  }
}
