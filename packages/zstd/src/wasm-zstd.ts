/** zstd in WebAssembly: works on every runtime, and in bounded memory. */
import type { ZstdContext } from "./context.js";
import { Decoder } from "./decoder.js";
import { Encoder } from "./encoder.js";
import { SharedInstance } from "./shared-instance.js";

/** A context that also tells how much WebAssembly memory it holds. */
export interface WasmZstdContext extends ZstdContext {
  /** Bytes held now, for both directions together. */
  readonly memorySize: number;
}

/** A context of our own zstd. It takes its memory at its first use. */
export function createWasmZstd(): WasmZstdContext {
  const shared = new SharedInstance();
  const encoder = new Encoder(shared);
  const decoder = new Decoder(shared);
  return {
    lendCompressed: (data, level) => encoder.lend(data, level),
    compress: (data, level) => encoder.compress(data, level),
    inputRoom: (length) => decoder.inputRoom(length),
    decompress: (frame, options) => decoder.decompress(frame, options),
    decompressTo: (frame, options, sink) => decoder.decompressTo(frame, options, sink),
    get memorySize() {
      return shared.memorySize;
    },
  };
}
