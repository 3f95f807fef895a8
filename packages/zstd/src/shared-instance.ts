/**
 * The instance that both directions of a context share: its memory never shrinks, and each would take as much again.
 */
import { TasticError } from "@tastic/errors";
import { ZstdInstance } from "./instance.js";

export class SharedInstance {
  #instance: ZstdInstance | undefined;
  #busy = false;

  /** Bytes of WebAssembly memory held now. */
  get memorySize(): number {
    return this.#instance?.memorySize ?? 0;
  }

  /** Lends out the instance: to one caller at a time, as its windows are shared. */
  use<T>(work: (instance: ZstdInstance) => T): T {
    if (this.#busy)
      throw new TasticError("internal", "a zstd context was used again from within its own sink");
    this.#busy = true;
    try {
      return work((this.#instance ??= new ZstdInstance()));
    } finally {
      this.#busy = false;
    }
  }

  /** Gives up the instance: it has failed, or grown too large. The next caller gets a new one. */
  drop(): void {
    this.#instance = undefined;
  }
}
