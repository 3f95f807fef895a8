/**
 * zstd in WebAssembly (`@foxglove/wasm-zstd`), for runtimes whose `node:zlib` has none. Imported only there: loading it
 * takes some ten milliseconds.
 */
import wasm from "@foxglove/wasm-zstd";
import { TasticError } from "@tastic/errors";
import type { ZstdCodec } from "./zstd.js";

await wasm.isLoaded;

/** Its memory ends at 2 GiB and holds input and output; when memory runs out, it writes where it must not. */
const MAX_LENGTH = 512 * 1024 * 1024;

function checkLength(length: number): void {
  if (length <= MAX_LENGTH) return;
  throw new TasticError(
    "limit-exceeded",
    `${length} bytes are too many to compress or decompress at once here`,
    {
      guidance: "Use Node.js 22.15 or later, which has no such limit.",
    },
  );
}

export const wasmZstd: ZstdCodec = {
  compress(data, level) {
    checkLength(data.length);
    return wasm.compress(data, level);
  },
  decompressFrame(frame, capacity) {
    checkLength(Math.max(frame.length, capacity));
    return wasm.decompress(frame, capacity);
  },
};
