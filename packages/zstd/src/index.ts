/** zstd: RFC 8878 frames, compressed and decompressed in bounded memory. */
export type { DecompressOptions, ZstdContext } from "./context.js";
export { loadZstd } from "./load-zstd.js";
export { createNodeZstd } from "./node-zstd.js";
export { createWasmZstd, type WasmZstdContext } from "./wasm-zstd.js";
