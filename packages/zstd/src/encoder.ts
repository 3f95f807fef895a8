/** Compression with the WebAssembly module: short data in one call, long data in windowfuls. */
import { TasticError } from "@tastic/errors";
import { checkLevel } from "./context.js";
import type { ZstdInstance } from "./instance.js";
import { PieceBuffer } from "./piece-buffer.js";
import type { SharedInstance } from "./shared-instance.js";

export class Encoder {
  readonly #shared: SharedInstance;

  constructor(shared: SharedInstance) {
    this.#shared = shared;
  }

  /** See `ZstdContext.compress`. */
  compress(data: Uint8Array, level: number): Uint8Array {
    const lent = this.lend(data, level);
    // Of short data, what was lent lies in the instance; of long data, it is in memory of its own already.
    return lent.buffer.byteLength === lent.length ? lent : lent.slice();
  }

  /** See `ZstdContext.lendCompressed`. */
  lend(data: Uint8Array, level: number): Uint8Array {
    checkLevel(level);
    return this.#shared.use((instance) => {
      if (data.length > instance.inputSize) return this.#compressLong(instance, data, level);
      instance.setInput(data);
      const size = this.#expect(instance, instance.functions.compress(data.length, level));
      return instance.output(size);
    });
  }

  #compressLong(instance: ZstdInstance, data: Uint8Array, level: number): Uint8Array {
    const { functions, inputSize } = instance;
    const result = new PieceBuffer(undefined);
    this.#expect(instance, functions.compress_begin(data.length, level));
    for (let start = 0; start < data.length; start += inputSize) {
      const piece = data.subarray(start, start + inputSize);
      const last = start + inputSize >= data.length;
      instance.setInput(piece);
      const size = this.#expect(instance, functions.compress_more(piece.length, last ? 1 : 0));
      result.add(instance.output(size));
    }
    return result.take();
  }

  /** Compression fails only for want of memory, or by a mistake of ours. */
  #expect(instance: ZstdInstance, result: number): number {
    if (result >= 0) return result;
    this.#shared.drop();
    throw new TasticError("internal", `zstd could not compress: ${instance.errorText(result)}`);
  }
}
