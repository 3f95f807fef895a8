/**
 * Sealing with node:crypto and the WebAssembly kernel. This is the hot path of backup and restore: for a small blob what
 * counts is what happens once per call, for a large one how often its bytes are touched.
 *
 * A cipher object for each blob costs more than a small blob's encryption. CTR mode is AES, block by block and so ECB,
 * over the counter blocks, XORed with the text: for small blobs one ECB cipher makes that stream, and the kernel does
 * the rest in its own memory, in which it leaves nothing but ciphertext.
 */
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  timingSafeEqual,
  type Cipher,
  type Decipher,
  type KeyObject,
} from "node:crypto";
import { checkMasterKey, type MasterKey } from "./master-key.js";
import { NoncePool } from "./nonce-pool.js";
import { sharedPoly1305 } from "./poly1305.js";
import { plainBytes } from "./plain-bytes.js";
import { releaseMemory } from "./release-memory.js";
import {
  checkSealed,
  NONCE_SIZE,
  openTarget,
  SEAL_OVERHEAD,
  sealTarget,
  TAG_SIZE,
  tagMismatch,
  type Sealer,
} from "./sealer.js";
import { sharedSealingKernel } from "./sealing-kernel.js";

/** Bytes encrypted at a time, so that the MAC and the copy find the ciphertext in the processor's cache. */
const BLOCK = 1 << 16;

export class NodeSealer implements Sealer {
  // A cipher from a KeyObject costs a fraction of one from raw bytes.
  readonly #key: KeyObject;
  readonly #r: Uint8Array;
  // ECB carries nothing from block to block: one cipher serves for all nonces.
  readonly #cipher: Cipher;
  readonly #macCipher: Cipher;
  readonly #nonces: NoncePool;
  readonly #mac = sharedPoly1305();
  readonly #kernel = sharedSealingKernel();

  constructor(key: MasterKey) {
    checkMasterKey(key);
    this.#key = createSecretKey(key.encrypt);
    this.#r = Uint8Array.from(key.macR);
    this.#cipher = createCipheriv("aes-256-ecb", this.#key, null).setAutoPadding(false);
    this.#macCipher = createCipheriv("aes-128-ecb", createSecretKey(key.macK), null).setAutoPadding(false);
    this.#nonces = new NoncePool((blocks) => this.#macCipher.update(blocks));
  }

  seal(plaintext: Uint8Array, target?: Uint8Array): Uint8Array {
    // Every byte is written below: zeroing a large array first would cost as much as encrypting it.
    const sealed =
      target === undefined
        ? plainBytes(Buffer.allocUnsafeSlow(plaintext.length + SEAL_OVERHEAD))
        : sealTarget(plaintext, target);
    const { nonce, encrypted } = this.#nonces.take();
    this.#mac.begin(this.#r, encrypted);
    if (plaintext.length <= this.#kernel.stream.length) this.#sealSmall(plaintext, nonce, sealed);
    else this.#sealLarge(plaintext, nonce, sealed);
    return sealed;
  }

  open(sealed: Uint8Array, what: string, target?: Uint8Array): Uint8Array {
    checkSealed(sealed, what);
    const plaintext = target === undefined ? undefined : openTarget(sealed, target);
    if (this.#isSmall(sealed)) return this.#openSmall(sealed, what, plaintext);
    const ciphertext = this.#verifyLarge(sealed, what);
    if (plaintext === undefined) return plainBytes(this.#decipherFor(sealed).update(ciphertext));
    let at = 0;
    this.#decryptLarge(sealed, ciphertext, (part) => {
      plaintext.set(part, at);
      at += part.length;
    });
    return plaintext;
  }

  openTo(sealed: Uint8Array, what: string, sink: (piece: Uint8Array) => void): void {
    checkSealed(sealed, what);
    if (this.#isSmall(sealed)) sink(this.#openSmall(sealed, what));
    else this.#decryptLarge(sealed, this.#verifyLarge(sealed, what), sink);
  }

  #isSmall({ length }: Uint8Array): boolean {
    return length - SEAL_OVERHEAD <= this.#kernel.stream.length;
  }

  /** Begins the tag of what was sealed under this nonce. */
  #beginMac(nonce: Uint8Array): void {
    this.#mac.begin(this.#r, this.#macCipher.update(nonce));
  }

  #sealSmall(plaintext: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): void {
    const { functions, frame, window } = this.#kernel;
    const { length } = plaintext;
    frame.set(nonce);
    window.set(plaintext);
    this.#makeStream(nonce, length).fill(0);
    functions.mask(length);
    functions.conclude(length);
    sealed.set(frame.subarray(0, sealed.length));
  }

  #openSmall(sealed: Uint8Array, what: string, target?: Uint8Array): Uint8Array {
    const { functions, frame, window } = this.#kernel;
    const length = sealed.length - SEAL_OVERHEAD;
    const nonce = sealed.subarray(0, NONCE_SIZE);
    this.#beginMac(nonce);
    frame.set(sealed);
    if (functions.verify(length) === 0) throw tagMismatch(what);
    const stream = this.#makeStream(nonce, length);
    // Unless there is a target, the plaintext takes the place of the stream that is not needed any more.
    stream.fill(0, target === undefined ? length : 0);
    const plaintext = target ?? stream.subarray(0, length);
    functions.mask(length);
    plaintext.set(window.subarray(0, length));
    functions.wipe(length);
    return plaintext;
  }

  /** Puts what `length` bytes are masked with into the kernel; returns it, too: whoever has it overwrites it. */
  #makeStream(nonce: Uint8Array, length: number): Uint8Array {
    const { functions, counter, stream } = this.#kernel;
    const blocks = Math.ceil(length / NONCE_SIZE);
    counter.set(nonce);
    functions.count(blocks);
    const encrypted = plainBytes(this.#cipher.update(stream.subarray(0, blocks * NONCE_SIZE)));
    stream.set(encrypted);
    return encrypted;
  }

  #sealLarge(plaintext: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): void {
    sealed.set(nonce);
    const cipher = createCipheriv("aes-256-ctr", this.#key, nonce);
    for (let from = 0; from < plaintext.length; from += BLOCK) {
      const part = cipher.update(plaintext.subarray(from, from + BLOCK));
      sealed.set(part, NONCE_SIZE + from);
      this.#mac.update(part);
      releaseMemory(part);
    }
    sealed.set(this.#mac.finish(), NONCE_SIZE + plaintext.length);
  }

  /** Returns the ciphertext, once its tag is verified. */
  #verifyLarge(sealed: Uint8Array, what: string): Uint8Array {
    const end = sealed.length - TAG_SIZE;
    const ciphertext = sealed.subarray(NONCE_SIZE, end);
    this.#beginMac(sealed.subarray(0, NONCE_SIZE));
    this.#mac.update(ciphertext);
    if (!timingSafeEqual(this.#mac.finish(), sealed.subarray(end))) throw tagMismatch(what);
    return ciphertext;
  }

  #decryptLarge(sealed: Uint8Array, ciphertext: Uint8Array, sink: (part: Uint8Array) => void): void {
    const decipher = this.#decipherFor(sealed);
    for (let from = 0; from < ciphertext.length; from += BLOCK) {
      const part = decipher.update(ciphertext.subarray(from, from + BLOCK));
      sink(part);
      releaseMemory(part);
    }
  }

  #decipherFor(sealed: Uint8Array): Decipher {
    return createDecipheriv("aes-256-ctr", this.#key, sealed.subarray(0, NONCE_SIZE));
  }
}
