/**
 * Sealing with node:crypto and the Poly1305 kernel. This is the hot path of backup and restore: for a small blob what
 * counts is what happens once per call, for a large one how often its bytes are touched.
 */
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  timingSafeEqual,
  type Cipher,
  type KeyObject,
} from "node:crypto";
import { checkMasterKey, type MasterKey } from "./master-key.js";
import { NoncePool } from "./nonce-pool.js";
import { sharedPoly1305 } from "./poly1305.js";
import { plainBytes } from "./plain-bytes.js";
import {
  checkSealed,
  NONCE_SIZE,
  SEAL_OVERHEAD,
  TAG_SIZE,
  tagMismatch,
  targetView,
  type Sealer,
} from "./sealer.js";

/** Bytes encrypted at a time, so that the MAC and the copy find the ciphertext in the processor's cache. */
const BLOCK = 32768;

export class NodeSealer implements Sealer {
  // A cipher from a KeyObject costs a fraction of one from raw bytes.
  readonly #key: KeyObject;
  readonly #r: Uint8Array;
  // AES-128-ECB carries nothing from block to block: one cipher serves for all nonces.
  readonly #macCipher: Cipher;
  readonly #nonces: NoncePool;
  readonly #mac = sharedPoly1305();

  constructor(key: MasterKey) {
    checkMasterKey(key);
    this.#key = createSecretKey(key.encrypt);
    this.#r = Uint8Array.from(key.macR);
    this.#macCipher = createCipheriv("aes-128-ecb", createSecretKey(key.macK), null).setAutoPadding(false);
    this.#nonces = new NoncePool((blocks) => this.#macCipher.update(blocks));
  }

  seal(plaintext: Uint8Array, target?: Uint8Array): Uint8Array {
    const { length } = plaintext;
    // Every byte is written below: zeroing a large array first would cost as much as encrypting it.
    const sealed =
      target === undefined
        ? plainBytes(Buffer.allocUnsafeSlow(length + SEAL_OVERHEAD))
        : targetView(plaintext, target);
    const { nonce, encrypted } = this.#nonces.take();
    sealed.set(nonce);
    const cipher = createCipheriv("aes-256-ctr", this.#key, nonce);
    this.#mac.begin(this.#r, encrypted);
    for (let from = 0; from < length; from += BLOCK) {
      const part = cipher.update(length <= BLOCK ? plaintext : plaintext.subarray(from, from + BLOCK));
      sealed.set(part, NONCE_SIZE + from);
      this.#mac.update(part);
    }
    sealed.set(this.#mac.finish(), NONCE_SIZE + length);
    return sealed;
  }

  open(sealed: Uint8Array, what: string): Uint8Array {
    checkSealed(sealed, what);
    const end = sealed.length - TAG_SIZE;
    const nonce = sealed.subarray(0, NONCE_SIZE);
    const ciphertext = sealed.subarray(NONCE_SIZE, end);
    this.#mac.begin(this.#r, this.#macCipher.update(nonce));
    this.#mac.update(ciphertext);
    if (!timingSafeEqual(this.#mac.finish(), sealed.subarray(end))) throw tagMismatch(what);
    return plainBytes(createDecipheriv("aes-256-ctr", this.#key, nonce).update(ciphertext));
  }
}
