/**
 * Chooses the zstd of this runtime.
 */
import { nodeZstd } from "./zstd-node.js";
import { checkedZstd, type Zstd } from "./zstd.js";

let loaded: Promise<Zstd> | undefined;

async function load(): Promise<Zstd> {
  const native = nodeZstd();
  if (native !== undefined) return checkedZstd(native);
  const { wasmZstd } = await import("./zstd-wasm.js");
  return checkedZstd(wasmZstd);
}

/** zstd for this process: `node:zlib` if it has it, else WebAssembly. Loaded once. */
export function loadZstd(): Promise<Zstd> {
  return (loaded ??= load());
}
