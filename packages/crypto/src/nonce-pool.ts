/**
 * Random nonces in batches, each handed out once, together with its AES-128 encryption, which is the second half of
 * a Poly1305-AES key. One call for a thousand of them: asked for singly, they cost as much as sealing a small blob.
 */
import { randomFillSync } from "node:crypto";
import { NONCE_SIZE } from "./sealer.js";

const BATCH = 1024;

export class NoncePool {
  readonly #encryptBlocks: (blocks: Uint8Array) => Uint8Array;
  readonly #nonces = new Uint8Array(BATCH * NONCE_SIZE);
  #encrypted: Uint8Array = this.#nonces;
  #next = this.#nonces.length;

  /** `encryptBlocks` encrypts any number of 16-byte blocks, each by itself. */
  constructor(encryptBlocks: (blocks: Uint8Array) => Uint8Array) {
    this.#encryptBlocks = encryptBlocks;
  }

  /** A nonce that was never handed out before, and its encryption; both are views that hold for this turn only. */
  take(): { nonce: Uint8Array; encrypted: Uint8Array } {
    if (this.#next === this.#nonces.length) {
      randomFillSync(this.#nonces);
      this.#encrypted = this.#encryptBlocks(this.#nonces);
      this.#next = 0;
    }
    const start = this.#next;
    this.#next += NONCE_SIZE;
    return {
      nonce: this.#nonces.subarray(start, this.#next),
      encrypted: this.#encrypted.subarray(start, this.#next),
    };
  }
}
