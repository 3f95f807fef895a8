/**
 * A folder on its way to a tree: its entries are announced in order, become ready in any order, and are encoded as
 * soon as all before them are, so that a folder of a million entries does not hold a million nodes.
 */
import { isTasticError } from "@tastic/errors";
import { TreeEncoder } from "@tastic/format";

/** A node that is complete. */
export interface ReadyNode {
  readonly name: string;
  /** Its JSON. */
  readonly text: string;
}

/** The place of an entry that may not be ready yet. */
export interface Slot {
  isReady: boolean;
  /** Undefined for an entry that is left out. */
  node: ReadyNode | undefined;
}

/** Encoded entries whose slots are kept until it is worth moving the others up. */
const SPENT_SLOTS = 1024;

export class FolderBuilder {
  readonly #encoder = new TreeEncoder();
  readonly #onRefused: (name: string, error: unknown) => void;
  #slots: Slot[] = [];
  #head = 0;
  #announced = false;
  #complete: (tree: Uint8Array) => void = () => undefined;
  /** The encoded tree, once every entry is ready. */
  readonly tree: Promise<Uint8Array> = new Promise((resolve) => (this.#complete = resolve));

  /** @param onRefused is told of a node that does not fit into the tree, such as a second one of its name */
  constructor(onRefused: (name: string, error: unknown) => void) {
    this.#onRefused = onRefused;
  }

  /** How many nodes were encoded. */
  get count(): number {
    return this.#encoder.count;
  }

  /** Announces the next entry. */
  add(): Slot {
    const slot = { isReady: false, node: undefined };
    this.#slots.push(slot);
    return slot;
  }

  /**
   * Says that an entry is complete, or, without a node, left out.
   * Errors: `limit-exceeded` if the tree becomes too large.
   */
  ready(slot: Slot, node?: ReadyNode): void {
    slot.node = node;
    slot.isReady = true;
    if (this.#slots[this.#head] === slot) this.#drain();
  }

  /** Says that no entry follows. Errors as `ready`. */
  end(): void {
    this.#announced = true;
    this.#drain();
  }

  #drain(): void {
    for (let slot = this.#slots[this.#head]; slot?.isReady === true; slot = this.#slots[++this.#head]) {
      if (slot.node !== undefined) this.#encode(slot.node);
      slot.node = undefined;
    }
    if (this.#head > SPENT_SLOTS) {
      this.#slots = this.#slots.slice(this.#head);
      this.#head = 0;
    }
    if (this.#announced && this.#head === this.#slots.length) this.#complete(this.#encoder.finish());
  }

  #encode({ name, text }: ReadyNode): void {
    try {
      this.#encoder.addText(name, text);
    } catch (error) {
      // A tree that is full ends the backup; a node that does not fit is only left out.
      if (isTasticError(error, "limit-exceeded")) throw error;
      this.#onRefused(name, error);
    }
  }
}
