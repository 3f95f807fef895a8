/** Compression with the WebAssembly module: short data in one call, long data in windowfuls. */
import { TasticError } from "@tastic/errors";
import { checkLevel } from "./context.js";
import { ZstdInstance } from "./instance.js";
import { PieceBuffer } from "./piece-buffer.js";

export class Encoder {
  #instance: ZstdInstance | undefined;

  /** Bytes of WebAssembly memory held now. */
  get memorySize(): number {
    return this.#instance?.memorySize ?? 0;
  }

  /** See `ZstdContext.compress`. */
  compress(data: Uint8Array, level: number): Uint8Array {
    checkLevel(level);
    const instance = (this.#instance ??= new ZstdInstance());
    if (data.length > instance.inputSize) return this.#compressLong(instance, data, level);
    instance.setInput(data);
    const size = this.#expect(instance, instance.functions.compress(data.length, level));
    return instance.output(size).slice();
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
    this.#instance = undefined;
    throw new TasticError("internal", `zstd could not compress: ${instance.errorText(result)}`);
  }
}
