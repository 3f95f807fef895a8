/** Unpredictable bytes by the Web Cryptography API, which every runtime of today has. */

/** The most that one call of `getRandomValues` gives. */
const MOST = 65536;

/** `n` unpredictable bytes. */
export function portableRandomBytes(n: number): Uint8Array {
  const bytes = new Uint8Array(n);
  for (let from = 0; from < n; from += MOST) {
    globalThis.crypto.getRandomValues(bytes.subarray(from, from + MOST));
  }
  return bytes;
}
