// What sealing a small message takes beside AES itself, in one memory: the counter blocks of CTR mode (NIST SP 800-38A,
// section 6.5), the XOR with what AES makes of them, and Poly1305 (parts/poly1305.ts) over the ciphertext.
//
// Write the first counter block at `counterAddress`; `count(blocks)` fills the start of the stream with it and those
// that follow. Encrypt them and write them back there: `mask(length)` then turns the window's plaintext into ciphertext,
// or back.

import { finish, tagAddress, windowAddress } from "./parts/poly1305";

export { absorb, begin, finish, keyAddress, tagAddress, windowAddress, windowSize } from "./parts/poly1305";

/** The longest message that is counted and masked, in bytes. */
export const streamSize: i32 = 8192;
export const streamAddress: i32 = <i32>memory.data(8192, 16);
export const counterAddress: i32 = <i32>memory.data(16, 16);

/** Writes `blocks` counter blocks: big-endian numbers, one after the other, that carry over all 128 bits. */
export function count(blocks: i32): void {
  // As they lie in memory, so that a block's last byte is the highest one of `low`.
  let high = load<u64>(counterAddress);
  let low = load<u64>(counterAddress, 8);
  const step: u64 = 1 << 56;
  let to = <usize>streamAddress;
  for (const end = to + ((<usize>blocks) << 4); to < end; to += 16) {
    store<u64>(to, high);
    store<u64>(to, low, 8);
    low += step;
    if (low < step) {
      // The last byte has become zero: what it carries goes to the number that the bytes before it are.
      const number = bswap(low) + 256;
      low = bswap(number);
      if (number < 256) high = bswap(bswap(high) + 1);
    }
  }
}

/** XORs the first `length` bytes of the window with the stream, of which nothing is left then. */
export function mask(length: i32): void {
  const zero = i64x2.splat(0);
  let at = <usize>windowAddress;
  let stream = <usize>streamAddress;
  // The last block is masked whole: after the window there is room.
  for (const end = at + length; at < end; at += 16, stream += 16) {
    v128.store(at, v128.xor(v128.load(at), v128.load(stream)));
    v128.store(stream, zero);
  }
}

/** Finishes a message whose last `length` bytes are in the window, and writes the tag right behind them. */
export function conclude(length: i32): void {
  finish(length);
  v128.store(windowAddress + length, v128.load(tagAddress));
}

/**
 * Finishes a message whose last `length` bytes are in the window: is the tag that stands right behind them the right one?
 * No branch and no address depends on where they differ.
 */
export function verify(length: i32): bool {
  // Finishing pads the last block, and so writes over it.
  const given = v128.load(windowAddress + length);
  finish(length);
  return !v128.any_true(v128.xor(given, v128.load(tagAddress)));
}

/** Leaves nothing of a text of `length` bytes in the window, nor of the last block that was masked with it. */
export function wipe(length: i32): void {
  memory.fill(windowAddress, 0, (length + 15) & ~15);
}
