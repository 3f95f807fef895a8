/**
 * The key that seals a repository (restic's design document, "Keys, Encryption and MAC"): 32 bytes for AES-256-CTR,
 * and k and r of Poly1305-AES, 16 bytes each. The same shape serves for the key that a password derives.
 */
import { TasticError } from "@tastic/errors";
import type { CryptoProvider } from "./provider.js";

export interface MasterKey {
  /** The AES-256 key, 32 bytes. */
  readonly encrypt: Uint8Array;
  /** k of Poly1305-AES, an AES-128 key, 16 bytes. */
  readonly macK: Uint8Array;
  /** r of Poly1305-AES, 16 bytes, as stored: the bits that Poly1305 ignores are not cleared. */
  readonly macR: Uint8Array;
}

/** How many bytes a whole key has. */
export const MASTER_KEY_SIZE = 64;

/** Cuts 64 bytes into a key: encrypt, k, r, in restic's order. The parts are copies. */
export function splitMasterKey(bytes: Uint8Array): MasterKey {
  return {
    encrypt: Uint8Array.from(bytes.subarray(0, 32)),
    macK: Uint8Array.from(bytes.subarray(32, 48)),
    macR: Uint8Array.from(bytes.subarray(48, 64)),
  };
}

/** A fresh random key. */
export function generateMasterKey(provider: CryptoProvider): MasterKey {
  return splitMasterKey(provider.randomBytes(MASTER_KEY_SIZE));
}

/**
 * Refuses a key with a part of the wrong length, or all zero, as a file that lost its content would give.
 * @throws TasticError `invalid-key`
 */
export function checkMasterKey(key: MasterKey): void {
  checkPart("encryption key", key.encrypt, 32);
  checkPart("authentication key k", key.macK, 16);
  checkPart("authentication key r", key.macR, 16);
}

function checkPart(name: string, part: Uint8Array, length: number): void {
  if (part.length !== length) {
    throw new TasticError("invalid-key", `the ${name} has ${part.length} bytes instead of ${length}`);
  }
  if (part.every((byte) => byte === 0)) throw new TasticError("invalid-key", `the ${name} is all zero`);
}
