/**
 * What sealing needs from a runtime, as one interface. There are two providers, which are interchangeable byte for
 * byte: `nodeCrypto` (node:crypto and a WebAssembly kernel) and `portableCrypto` (plain JavaScript).
 */
import type { MasterKey } from "./master-key.js";
import type { ScryptParams } from "./scrypt-params.js";
import type { Sealer } from "./sealer.js";

/** A SHA-256 over bytes that arrive in parts. */
export interface IncrementalHash {
  update(data: Uint8Array): void;
  /** The 32 bytes of the hash. Only once. */
  digest(): Uint8Array;
}

export interface CryptoProvider {
  readonly name: "node" | "portable";

  /** SHA-256 (FIPS 180-4), 32 bytes. */
  sha256(data: Uint8Array): Uint8Array;

  /** SHA-256 as 64 lowercase hexadecimal digits, the form of every id of a repository. */
  sha256Hex(data: Uint8Array): string;

  /** Starts a SHA-256 over bytes that arrive in parts. */
  createHash(): IncrementalHash;

  /** `n` unpredictable bytes of the system's generator. */
  randomBytes(n: number): Uint8Array;

  /**
   * Seals and opens with this key.
   * @throws TasticError `invalid-key` if a part of the key has the wrong length or is all zero.
   */
  createSealer(key: MasterKey): Sealer;

  /**
   * scrypt (RFC 7914), `length` bytes; in Node off the main thread. It takes `params` as they are: hold those that
   * come from a file against `checkScryptParams` first.
   */
  scrypt(password: Uint8Array, salt: Uint8Array, params: ScryptParams, length: number): Promise<Uint8Array>;
}
