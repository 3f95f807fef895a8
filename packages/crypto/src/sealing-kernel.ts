/**
 * The WebAssembly kernel of assembly/sealing.ts, and views of its memory. One per thread serves every caller that does
 * not keep it across an `await`: all that it does is synchronous.
 */
import { wasmBase64 } from "./sealing.wasm.js";

/** The functions of assembly/sealing.ts and assembly/parts/poly1305.ts. */
interface KernelFunctions {
  begin(): void;
  absorb(length: number): void;
  finish(length: number): void;
  count(blocks: number): void;
  mask(length: number): void;
  conclude(length: number): void;
  verify(length: number): 0 | 1;
  wipe(length: number): void;
}

interface KernelExports extends KernelFunctions {
  readonly memory: WebAssembly.Memory;
  readonly windowSize: { readonly value: number };
  readonly windowAddress: { readonly value: number };
  readonly streamSize: { readonly value: number };
  readonly streamAddress: { readonly value: number };
  readonly counterAddress: { readonly value: number };
  readonly keyAddress: { readonly value: number };
  readonly tagAddress: { readonly value: number };
}

export interface SealingKernel {
  readonly functions: KernelFunctions;
  /** Text. */
  readonly window: Uint8Array;
  /** The window with the 16 bytes before it and after it: room for a sealed message. */
  readonly frame: Uint8Array;
  /** Counter blocks, then what AES made of them. */
  readonly stream: Uint8Array;
  /** The first counter block. */
  readonly counter: Uint8Array;
  /** The one-time key of Poly1305: r, then s. */
  readonly key: Uint8Array;
  readonly tag: Uint8Array;
}

export function createSealingKernel(): SealingKernel {
  const module = new WebAssembly.Module(Buffer.from(wasmBase64, "base64"));
  const exports = new WebAssembly.Instance(module).exports as unknown as KernelExports;
  const { buffer } = exports.memory;
  const size = exports.windowSize.value;
  const view = (address: number, length: number) => new Uint8Array(buffer, address, length);
  return {
    functions: exports,
    window: view(exports.windowAddress.value, size),
    frame: view(exports.windowAddress.value - 16, 16 + size + 16),
    stream: view(exports.streamAddress.value, exports.streamSize.value),
    counter: view(exports.counterAddress.value, 16),
    key: view(exports.keyAddress.value, 32),
    tag: view(exports.tagAddress.value, 16),
  };
}

let shared: SealingKernel | undefined;

/** This thread's kernel, compiled when it is first asked for. */
export function sharedSealingKernel(): SealingKernel {
  return (shared ??= createSealingKernel());
}
