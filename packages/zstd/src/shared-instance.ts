/**
 * The instance that both directions of a context share, and room for what is too long for its windows: such memory never
 * shrinks, and each direction would take as much again.
 */
import { TasticError } from "@tastic/errors";
import { ZstdInstance } from "./instance.js";

/** As long as the longest chunk of a file, and a windowful. Only what is used of it takes memory. */
const KEPT_ROOM = 11 << 20;

export class SharedInstance {
  #instance: ZstdInstance | undefined;
  #room: Uint8Array | undefined;
  #busy = false;

  /** Bytes of WebAssembly memory held now. */
  get memorySize(): number {
    return this.#instance?.memorySize ?? 0;
  }

  /** At least `length` bytes outside of the instance: the same again and again, undefined if that is more than is kept. */
  room(length: number): Uint8Array | undefined {
    return length > KEPT_ROOM ? undefined : (this.#room ??= Buffer.allocUnsafeSlow(KEPT_ROOM));
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
