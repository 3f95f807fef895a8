/**
 * Poly1305 (RFC 8439 section 2.5) on the WebAssembly kernel of assembly/parts/poly1305.ts. It works on its own
 * memory: messages are copied into its window, which costs little beside the arithmetic.
 */
import { TasticError } from "@tastic/errors";
import { createSealingKernel, sharedSealingKernel, type SealingKernel } from "./sealing-kernel.js";

/**
 * One message at a time: `begin`, any number of `update`s of any length, `finish`. All of it is synchronous, so one
 * per thread serves every caller that does not keep it across an `await`.
 */
export class Poly1305 {
  readonly #kernel: SealingKernel;
  #filled = 0;

  constructor(kernel = createSealingKernel()) {
    this.#kernel = kernel;
  }

  /** Starts a message with the one-time key r (unclamped) and s, 16 bytes each. */
  begin(r: Uint8Array, s: Uint8Array): void {
    const { key, functions } = this.#kernel;
    key.set(r);
    key.set(s, 16);
    this.#filled = 0;
    functions.begin();
  }

  update(bytes: Uint8Array): void {
    const { window, functions } = this.#kernel;
    let from = 0;
    // The window is emptied only when more comes: `finish` takes what it holds, be it full.
    while (bytes.length - from > window.length - this.#filled) {
      const part = bytes.subarray(from, from + window.length - this.#filled);
      window.set(part, this.#filled);
      functions.absorb(window.length);
      this.#filled = 0;
      from += part.length;
    }
    window.set(from === 0 ? bytes : bytes.subarray(from), this.#filled);
    this.#filled += bytes.length - from;
  }

  /** The tag, 16 bytes, as a view that holds it until the next `finish`. */
  finish(): Uint8Array {
    this.#kernel.functions.finish(this.#filled);
    this.#filled = 0;
    return this.#kernel.tag;
  }
}

let shared: Poly1305 | undefined;

/** This thread's instance, compiled when it is first asked for. */
export function sharedPoly1305(): Poly1305 {
  return (shared ??= new Poly1305(sharedSealingKernel()));
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
