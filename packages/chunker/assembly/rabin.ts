// The inner loop of restic's chunker: a rolling Rabin hash over GF(2) of the last 64 bytes, degree 53.
//
// Where restic keeps a ring of the last 64 bytes and takes the oldest out before it appends the next, this kernel
// reads the byte that leaves straight from the input and folds its removal into one table. Restic also starts each
// chunk with a window that holds a single 1; 64 bytes later, when the first cut is allowed, that 1 has left the
// window and with it the hash. So the hash at a position is that of the 64 bytes before it and of nothing else,
// which lets two places be hashed at once: each step has to wait for a table, and two waits overlap.

/** Where the loader writes the tables, 256 u64 each: to reduce the top byte, and to remove the byte that leaves. */
export const reductionTable: u32 = 1024;
export const removalTable: u32 = 3072;
/** Where the bytes to cut begin; memory from here on belongs to the loader. */
export const bufferStart: u32 = 65536;

const WINDOW: u32 = 64;
/** How far each of the two hashes goes before both move on: long against the window that the second has to be
 *  started with, short against a chunk, past whose end the second works in vain. */
const STRETCH: u32 = 4096;

/** What the digest's top byte, bits 45 to 52, becomes eight bits further up; bits above are leftovers, and ignored. */
function reduced(digest: u64): u64 {
  return load<u64>((<u32>(digest >> 42)) & 0x7f8, reductionTable);
}

/** The digest of the window one byte on from `window`, given that of `window`. */
function slide(digest: u64, window: u32): u64 {
  const leaving: u32 = load<u8>(window);
  const entering: u64 = load<u8>(window, WINDOW);
  return reduced(digest) ^ ((digest << 8) ^ entering ^ load<u64>(leaving << 3, removalTable));
}

/** The digest of the 64 bytes from `window` on. */
function digestOf(window: u32): u64 {
  let digest: u64 = 0;
  for (let i: u32 = 0; i < WINDOW; i++) digest = reduced(digest) ^ ((digest << 8) ^ load<u8>(window + i));
  return digest;
}

/**
 * The first position in [first, limit) at which the hash of the 64 bytes before has all bits of `mask` zero, or
 * `limit`. Positions count from the start of memory; `first` must have 64 bytes of the chunk before it.
 */
export function findCut(first: u32, limit: u32, mask: u32): u32 {
  // From here on a place is where its window starts.
  let near = first - WINDOW;
  const end = limit - WINDOW;
  let a = digestOf(near);
  if (!((<u32>a) & mask)) return first;

  while (near + 2 * STRETCH <= end) {
    const turn = near + STRETCH;
    let b = digestOf(turn);
    // Where the second hash met a cut first; it counts only if the first hash meets none before it.
    let found: u32 = 0;
    do {
      a = slide(a, near);
      if (!((<u32>a) & mask)) return near + WINDOW + 1;
      b = slide(b, near + STRETCH);
      if (!((<u32>b) & mask) && !found) found = near + STRETCH + WINDOW + 1;
    } while (++near < turn);
    if (found) return found;
    near += STRETCH;
    a = b;
  }

  while (near < end) {
    a = slide(a, near++);
    if (!((<u32>a) & mask)) return near + WINDOW;
  }
  return limit;
}
