/**
 * One instance of the WebAssembly module that c/shim.c describes: its functions, and views of its two windows.
 * An instance compresses or decompresses one thing at a time.
 */
import { getEnvironmentData, setEnvironmentData } from "node:worker_threads";
import { wasmBytes } from "./wasm-bytes.js";

/** The functions of c/shim.c. A negative result is a negated ZSTD_ErrorCode. */
export interface ZstdFunctions {
  compress(size: number, level: number): number;
  compress_begin(length: number, level: number): number;
  compress_more(size: number, last: 0 | 1): number;
  decompress(size: number, capacity: number): number;
  decompress_begin(): number;
  decompress_offer(size: number): void;
  decompress_pull(): number;
  decompress_complete(): 0 | 1;
}

interface Exports extends ZstdFunctions {
  readonly memory: WebAssembly.Memory;
  _initialize(): void;
  input_start(): number;
  input_size(): number;
  output_start(): number;
  output_size(): number;
  error_text(code: number): number;
}

/** The ZSTD_ErrorCode values that we tell apart; they are part of zstd's stable interface. */
export const errorCodes = { windowTooLarge: 16, memoryAllocation: 64 } as const;

/** Compiled once per thread; instances are cheap. */
let module: WebAssembly.Module | undefined;

export class ZstdInstance {
  readonly functions: ZstdFunctions;
  /** How much `setInput` takes, in bytes. */
  readonly inputSize: number;
  /** How much a call can produce, in bytes: more than what `inputSize` bytes compress to. */
  readonly outputSize: number;
  readonly #exports: Exports;
  #memory = new Uint8Array(0);

  constructor() {
    module ??= compiled();
    // What the module exports is what c/shim.c of the same commit declares.
    this.#exports = new WebAssembly.Instance(module).exports as unknown as Exports;
    this.#exports["_initialize"]();
    this.functions = this.#exports;
    this.inputSize = this.#exports.input_size();
    this.outputSize = this.#exports.output_size();
  }

  /** Bytes of memory this instance holds. */
  get memorySize(): number {
    return this.#exports.memory.buffer.byteLength;
  }

  /** Puts `data`, at most `inputSize` bytes of it, into the input window. */
  setInput(data: Uint8Array): void {
    this.#view().set(data, this.#exports.input_start());
  }

  /** The first `size` bytes of the input window: a view, valid until the next call into the instance. */
  input(size: number): Uint8Array {
    const start = this.#exports.input_start();
    return this.#view().subarray(start, start + size);
  }

  /** Is `data` what `input` has given out, filled by now? */
  isInput(data: Uint8Array): boolean {
    return data.buffer === this.#exports.memory.buffer && data.byteOffset === this.#exports.input_start();
  }

  /** The first `size` bytes of the output window: a view, valid until the next call into the instance. */
  output(size: number): Uint8Array {
    const start = this.#exports.output_start();
    return this.#view().subarray(start, start + size);
  }

  /** zstd's text for a negative result. */
  errorText(result: number): string {
    const memory = this.#view();
    const start = this.#exports.error_text(-result);
    return Buffer.from(memory.subarray(start, memory.indexOf(0, start))).toString("latin1");
  }

  /** All of the memory; growing it leaves earlier views without bytes. */
  #view(): Uint8Array {
    const { buffer } = this.#exports.memory;
    if (this.#memory.buffer !== buffer) this.#memory = new Uint8Array(buffer);
    return this.#memory;
  }
}

/** Workers that start after this thread has compiled it get it from there, with what V8 has optimized since. */
function compiled(): WebAssembly.Module {
  const found: unknown = getEnvironmentData(environmentKey);
  if (found instanceof WebAssembly.Module) return found;
  const fresh = new WebAssembly.Module(wasmBytes());
  setEnvironmentData(environmentKey, fresh);
  return fresh;
}

const environmentKey = "tastic/zstd";
