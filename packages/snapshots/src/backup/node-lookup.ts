/**
 * The entries that a folder had in the parent snapshot, found by name. Asked in order, each question costs a step, and
 * no more than one node is held: a folder may have a million.
 */
import { compareNames, decodeNode } from "@tastic/format";
import type { Node } from "@tastic/format";

/** A node of the parent snapshot: its JSON, and what it says for those who must know. */
export class PreviousNode {
  readonly text: string;
  readonly #what: string;
  #node: Node | undefined;

  constructor(text: string, what: string) {
    this.text = text;
    this.#what = what;
  }

  /** Throws if the text is none of a node. */
  get node(): Node {
    return (this.#node ??= decodeNode(this.text, this.#what));
  }
}

export class NodeLookup {
  readonly #texts: Iterable<string>;
  readonly #what: string;
  readonly #onDamage: ((error: unknown) => void) | undefined;
  #rest: Iterator<string>;
  #next: PreviousNode | undefined;
  /** `#next` was found already. */
  #isTaken = false;
  #last = "";

  /**
   * @param texts of nodes in the order of a tree; begun again for a name that does not come after the last one
   * @param what the tree, for errors
   * @param onDamage is told if the nodes end with an error; without it, `find` throws
   */
  constructor(texts: Iterable<string>, what: string, onDamage?: (error: unknown) => void) {
    this.#texts = texts;
    this.#what = what;
    this.#onDamage = onDamage;
    this.#rest = texts[Symbol.iterator]();
    this.#advance();
  }

  /**
   * The node of this name.
   * @param start how its text begins if nothing has changed: then it need not be read
   */
  find(name: string, start?: string): PreviousNode | undefined {
    if (compareNames(name, this.#last) <= 0) {
      this.#rest = this.#texts[Symbol.iterator]();
      this.#advance();
    } else if (this.#isTaken) {
      this.#advance();
    }
    this.#last = name;
    if (start !== undefined && this.#next?.text.startsWith(start) === true) return this.#take();
    try {
      while (this.#next !== undefined && compareNames(this.#next.node.name, name) < 0) this.#advance();
      return this.#next?.node.name === name ? this.#take() : undefined;
    } catch (error) {
      this.#next = undefined;
      this.#damaged(error);
      return undefined;
    }
  }

  #take(): PreviousNode | undefined {
    this.#isTaken = true;
    return this.#next;
  }

  #advance(): void {
    this.#next = undefined;
    this.#isTaken = false;
    try {
      const step = this.#rest.next();
      if (step.done !== true) this.#next = new PreviousNode(step.value, this.#what);
    } catch (error) {
      this.#damaged(error);
    }
  }

  #damaged(error: unknown): void {
    if (this.#onDamage === undefined) throw error;
    this.#onDamage(error);
  }
}
