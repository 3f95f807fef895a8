/** Sealing in plain JavaScript, for runtimes without node:crypto, and as the oracle for the provider that has it. */
import { poly1305 } from "@noble/ciphers/_poly1305.js";
import { ctr, ecb } from "@noble/ciphers/aes.js";
import { checkMasterKey, type MasterKey } from "./master-key.js";
import { portableRandomBytes } from "./portable-random.js";
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

export class PortableSealer implements Sealer {
  readonly #key: MasterKey;

  constructor(key: MasterKey) {
    checkMasterKey(key);
    this.#key = {
      encrypt: Uint8Array.from(key.encrypt),
      macK: Uint8Array.from(key.macK),
      macR: Uint8Array.from(key.macR),
    };
  }

  seal(plaintext: Uint8Array, target?: Uint8Array): Uint8Array {
    const sealed =
      target === undefined ? new Uint8Array(plaintext.length + SEAL_OVERHEAD) : sealTarget(plaintext, target);
    const nonce = portableRandomBytes(NONCE_SIZE);
    const ciphertext = ctr(this.#key.encrypt, nonce).encrypt(plaintext);
    sealed.set(nonce);
    sealed.set(ciphertext, NONCE_SIZE);
    sealed.set(this.#tag(nonce, ciphertext), NONCE_SIZE + ciphertext.length);
    return sealed;
  }

  open(sealed: Uint8Array, what: string, target?: Uint8Array): Uint8Array {
    checkSealed(sealed, what);
    const view = target === undefined ? undefined : openTarget(sealed, target);
    const end = sealed.length - TAG_SIZE;
    const nonce = sealed.slice(0, NONCE_SIZE);
    const ciphertext = sealed.slice(NONCE_SIZE, end);
    if (!sameBytes(this.#tag(nonce, ciphertext), sealed.subarray(end))) throw tagMismatch(what);
    const plaintext = ctr(this.#key.encrypt, nonce).decrypt(ciphertext);
    if (view === undefined) return plaintext;
    view.set(plaintext);
    plaintext.fill(0);
    return view;
  }

  openTo(sealed: Uint8Array, what: string, sink: (piece: Uint8Array) => void): void {
    sink(this.open(sealed, what));
  }

  #tag(nonce: Uint8Array, ciphertext: Uint8Array): Uint8Array {
    const oneTimeKey = new Uint8Array(32);
    oneTimeKey.set(this.#key.macR);
    oneTimeKey.set(ecb(this.#key.macK, { disablePadding: true }).encrypt(nonce), 16);
    return poly1305(ciphertext, oneTimeKey);
  }
}

/** Looks at every byte whatever the first ones say: how long it takes tells nothing about where they differ. */
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}
