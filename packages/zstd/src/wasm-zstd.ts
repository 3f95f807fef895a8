/** zstd in WebAssembly: works on every runtime, and in bounded memory. */
import type { ZstdContext } from "./context.js";
import { Decoder } from "./decoder.js";
import { Encoder } from "./encoder.js";

/** A context that also tells how much WebAssembly memory it holds. */
export interface WasmZstdContext extends ZstdContext {
  /** Bytes held now, for both directions together. */
  readonly memorySize: number;
}

/** A context of our own zstd. It takes its memory at the first use of each direction. */
export function createWasmZstd(): WasmZstdContext {
  const encoder = new Encoder();
  const decoder = new Decoder();
  return {
    compress: (data, level) => encoder.compress(data, level),
    decompress: (frame, options) => decoder.decompress(frame, options),
    decompressTo: (frame, options, sink) => decoder.decompressTo(frame, options, sink),
    get memorySize() {
      return encoder.memorySize + decoder.memorySize;
    },
  };
}
