/**
 * A folder on its way to a tree: its entries are announced in order, become ready in any order, and are encoded as
 * soon as all before them are, so that a folder of a million entries does not hold a million nodes.
 */
import { TreeEncoder } from "@tastic/format";
import type { Node } from "@tastic/format";

/** The place of an entry that may not be ready yet. */
export interface Slot {
  /** What still has to happen before the node is complete. */
  waiting: number;
  /** Undefined for an entry that is left out. */
  node: Node | undefined;
}

export class FolderBuilder {
  readonly #encoder = new TreeEncoder();
  #slots: Slot[] = [];
  #head = 0;
  #announced = false;
  readonly #complete: (tree: Uint8Array) => void;
  readonly #fail: (error: unknown) => void;
  /** The encoded tree, once every entry is ready. */
  readonly tree: Promise<Uint8Array>;

  constructor() {
    let complete: (tree: Uint8Array) => void = () => undefined;
    let fail: (error: unknown) => void = () => undefined;
    this.tree = new Promise((resolve, reject) => {
      complete = resolve;
      fail = reject;
    });
    this.#complete = complete;
    this.#fail = fail;
  }

  /** Announces the next entry, which waits for `waiting` things. */
  add(node: Node | undefined, waiting: number): Slot {
    const slot = { node, waiting };
    this.#slots.push(slot);
    if (waiting === 0 && this.#slots.length - this.#head > 64) this.#drain();
    return slot;
  }

  /** Says that one of the things an entry waits for has happened. */
  ready(slot: Slot): void {
    slot.waiting--;
    if (slot.waiting === 0 && this.#slots[this.#head] === slot) this.#drain();
  }

  /** Says that no entry follows. */
  end(): void {
    this.#announced = true;
    this.#drain();
  }

  /** Ends the folder with an error: `tree` rejects. */
  fail(error: unknown): void {
    this.#fail(error);
  }

  #drain(): void {
    try {
      for (let slot = this.#slots[this.#head]; slot?.waiting === 0; slot = this.#slots[++this.#head]) {
        if (slot.node !== undefined) this.#encoder.add(slot.node);
      }
      if (this.#head > 1024) {
        this.#slots = this.#slots.slice(this.#head);
        this.#head = 0;
      }
      if (this.#announced && this.#head === this.#slots.length) this.#complete(this.#encoder.finish());
    } catch (error) {
      this.#fail(error);
    }
  }
}
