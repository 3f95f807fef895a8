/**
 * The layout of everything encrypted in a repository, and the checks that both providers share
 * (restic's design document, "Keys, Encryption and MAC"):
 *
 *     nonce (16 bytes) || AES-256-CTR ciphertext || Poly1305-AES tag (16 bytes)
 *
 * The nonce is the first counter block, counted up over all its 128 bits. The tag is over the ciphertext alone, with
 * the one-time key r || AES-128_k(nonce).
 */
import { TasticError } from "@tastic/errors";

export const NONCE_SIZE = 16;
export const TAG_SIZE = 16;
/** How many bytes sealing adds. */
export const SEAL_OVERHEAD = NONCE_SIZE + TAG_SIZE;

export interface Sealer {
  /**
   * Encrypts and authenticates under a fresh random nonce. `plaintext` may be a view on shared or WebAssembly memory.
   * `target`, if given, receives the result at its start; it holds at least `plaintext.length + SEAL_OVERHEAD` bytes
   * and does not overlap `plaintext`.
   * @returns what was written: a view on `target`, or an array of its own.
   * @throws TasticError `invalid-argument` for a target that is too small or overlaps.
   */
  seal(plaintext: Uint8Array, target?: Uint8Array): Uint8Array;

  /**
   * Verifies, then decrypts. `what` names the object in errors ("pack 1a2b3c4d").
   * `target`, if given, receives the plaintext at its start; it holds at least `sealed.length - SEAL_OVERHEAD` bytes. It
   * may be the memory of `sealed`, too, if it begins no later than the ciphertext. It is not written to before all
   * of `sealed` is verified.
   * @returns the plaintext: a view on `target`, or an array of its own.
   * @throws TasticError `damaged-ciphertext` if `sealed` is too short or its tag does not match, `zero-nonce`;
   *   `invalid-argument` for a target that is too small or lies over ciphertext that is still to be read.
   */
  open(sealed: Uint8Array, what: string, target?: Uint8Array): Uint8Array;

  /**
   * Verifies, then decrypts for whoever looks at the plaintext once: `sink` gets it in order, in pieces, each in
   * memory that holds until `sink` returns. It is not called before all of `sealed` is verified.
   * @throws TasticError as `open`, and whatever `sink` throws
   */
  openTo(sealed: Uint8Array, what: string, sink: (piece: Uint8Array) => void): void;
}

/** The start of `target`, where a sealed `plaintext` goes. */
export function sealTarget(plaintext: Uint8Array, target: Uint8Array): Uint8Array {
  const length = plaintext.length + SEAL_OVERHEAD;
  if (target.length < length) {
    throw new TasticError(
      "invalid-argument",
      `sealing ${plaintext.length} bytes needs room for ${length}, the target has ${target.length}`,
    );
  }
  // Ciphertext would overwrite plaintext that is still to be read.
  const overlaps =
    target.buffer === plaintext.buffer &&
    target.byteOffset < plaintext.byteOffset + plaintext.length &&
    plaintext.byteOffset < target.byteOffset + length;
  if (overlaps) throw new TasticError("invalid-argument", "the target of sealing overlaps its plaintext");
  return target.length === length ? target : target.subarray(0, length);
}

/** The start of `target`, where the plaintext of `sealed` goes. */
export function openTarget(sealed: Uint8Array, target: Uint8Array): Uint8Array {
  const length = sealed.length - SEAL_OVERHEAD;
  if (target.length < length) {
    throw new TasticError(
      "invalid-argument",
      `opening to ${length} bytes needs room for them, the target has ${target.length}`,
    );
  }
  const ciphertext = sealed.byteOffset + NONCE_SIZE;
  const runsAhead =
    target.buffer === sealed.buffer &&
    target.byteOffset > ciphertext &&
    target.byteOffset < ciphertext + length;
  if (runsAhead) {
    throw new TasticError("invalid-argument", "the target of opening overwrites what is still to be read");
  }
  return target.length === length ? target : target.subarray(0, length);
}

/** Refuses what cannot be a sealed object, before any key is used on it. */
export function checkSealed(sealed: Uint8Array, what: string): void {
  if (sealed.length < SEAL_OVERHEAD) {
    throw new TasticError(
      "damaged-ciphertext",
      `${what}: ${sealed.length} bytes are too few for an encrypted object, which has at least ${SEAL_OVERHEAD}`,
      { guidance: "It was cut short or replaced; `tastic check` shows what else is affected." },
    );
  }
  for (let i = 0; i < NONCE_SIZE; i++) if (sealed[i] !== 0) return;
  throw new TasticError("zero-nonce", `${what}: the nonce is all zero, which no writer produces`, {
    guidance: "It was overwritten or forged; `tastic check` shows what else is affected.",
  });
}

/** The error for a tag that does not match. */
export function tagMismatch(what: string): TasticError {
  return new TasticError("damaged-ciphertext", `${what}: its authentication tag does not match its content`, {
    guidance: "It was damaged, or sealed with another key; `tastic check` shows what else is affected.",
  });
}
