/** The WebAssembly module's bytes. In the command's bundle, scripts/bundle.mjs has them read from a file instead. */
import { wasmBase64 } from "./zstd-module.js";

export function wasmBytes(): Uint8Array<ArrayBuffer> {
  return Buffer.from(wasmBase64, "base64");
}
