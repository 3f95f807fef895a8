/** Bytes for tests: the same every time, and not compressible. */
import { createHash } from "node:crypto";

/** `length` bytes that look random and depend only on `seed` (xorshift32). */
export function sampleBytes(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = Math.imul(seed, 0x9e3779b1) >>> 0 || 1;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state >>> 0;
  }
  return new Uint8Array(words.buffer, 0, length);
}

/** SHA-256 in hexadecimal: the name of an object with this content. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A copy with one bit changed in the byte at `offset`, counted from the end if negative. */
export function flipped(bytes: Uint8Array, offset: number): Uint8Array<ArrayBuffer> {
  const copy = Uint8Array.from(bytes);
  const at = offset < 0 ? copy.length + offset : offset;
  const value = copy[at];
  if (value === undefined) throw new Error(`no byte ${offset} in ${copy.length} bytes`);
  copy[at] = value ^ 1;
  return copy;
}
