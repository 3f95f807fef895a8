/**
 * Poly1305 (RFC 8439 section 2.5) on the WebAssembly kernel of assembly/poly1305.ts. The kernel works on its own
 * memory: messages are copied into its window, which costs little beside the arithmetic.
 */
import { TasticError } from "@tastic/errors";
import { wasmBase64 } from "./poly1305.wasm.js";

interface Kernel {
  readonly memory: WebAssembly.Memory;
  readonly windowSize: { readonly value: number };
  readonly windowAddress: { readonly value: number };
  readonly keyAddress: { readonly value: number };
  readonly tagAddress: { readonly value: number };
  begin(): void;
  absorb(length: number): void;
  finish(length: number): void;
}

/**
 * One message at a time: `begin`, any number of `update`s of any length, `finish`. All of it is synchronous, so one
 * per thread serves every caller that does not keep it across an `await`.
 */
export class Poly1305 {
  readonly #kernel: Kernel;
  readonly #window: Uint8Array;
  readonly #key: Uint8Array;
  readonly #tag: Uint8Array;
  #filled = 0;

  constructor() {
    const module = new WebAssembly.Module(Buffer.from(wasmBase64, "base64"));
    const kernel = new WebAssembly.Instance(module).exports as unknown as Kernel;
    const { buffer } = kernel.memory;
    this.#kernel = kernel;
    this.#window = new Uint8Array(buffer, kernel.windowAddress.value, kernel.windowSize.value);
    this.#key = new Uint8Array(buffer, kernel.keyAddress.value, 32);
    this.#tag = new Uint8Array(buffer, kernel.tagAddress.value, 16);
  }

  /** Starts a message with the one-time key r (unclamped) and s, 16 bytes each. */
  begin(r: Uint8Array, s: Uint8Array): void {
    this.#key.set(r);
    this.#key.set(s, 16);
    this.#filled = 0;
    this.#kernel.begin();
  }

  update(bytes: Uint8Array): void {
    const window = this.#window;
    let from = 0;
    // The window is emptied only when more comes: `finish` takes what it holds, be it full.
    while (bytes.length - from > window.length - this.#filled) {
      const part = bytes.subarray(from, from + window.length - this.#filled);
      window.set(part, this.#filled);
      this.#kernel.absorb(window.length);
      this.#filled = 0;
      from += part.length;
    }
    window.set(from === 0 ? bytes : bytes.subarray(from), this.#filled);
    this.#filled += bytes.length - from;
  }

  /** The tag, 16 bytes, as a view that holds it until the next `finish`. */
  finish(): Uint8Array {
    this.#kernel.finish(this.#filled);
    this.#filled = 0;
    return this.#tag;
  }
}

let shared: Poly1305 | undefined;

/** This thread's instance, compiled when it is first asked for. */
export function sharedPoly1305(): Poly1305 {
  return (shared ??= new Poly1305());
}

/**
 * The tag, 16 bytes, of `message` under a one-time key of 32 bytes: r, clamped here, then s.
 * @throws TasticError `invalid-argument` for a key of another length.
 */
export function poly1305(key: Uint8Array, message: Uint8Array): Uint8Array {
  if (key.length !== 32) {
    throw new TasticError("invalid-argument", `a Poly1305 key has 32 bytes, not ${key.length}`);
  }
  const mac = sharedPoly1305();
  mac.begin(key.subarray(0, 16), key.subarray(16));
  mac.update(message);
  return Uint8Array.from(mac.finish());
}
