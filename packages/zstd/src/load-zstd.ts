/** The choice between the implementations. */
import type { ZstdContext } from "./context.js";
import { createNodeZstd } from "./node-zstd.js";
import { createWasmZstd } from "./wasm-zstd.js";

/** A context of the fastest zstd that this runtime offers. Keep one per thread. */
export function loadZstd(): ZstdContext {
  return createNodeZstd() ?? createWasmZstd();
}
