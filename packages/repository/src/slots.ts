/**
 * A slot of the blob index: 0, or an entry's number plus one in the lower 27 bits and five bits of its id above them, so
 * that a search rarely has to look at a stranger's entry.
 */
const NUMBER_BITS = 27;
const NUMBER = 2 ** NUMBER_BITS - 1;

/** Where the search for an id begins, by its first word. Ids are hashes: they spread evenly over the slots. */
export function homeOf(word: number, slotCount: number): number {
  return Math.floor((word >>> 0) * 2 ** -32 * slotCount);
}

/** What a slot keeps of an id, by its second word; also what a slot has kept. */
export function tagOf(word: number): number {
  return word >>> NUMBER_BITS;
}

/** The slot of an entry, by the second word of its id. */
export function slotOf(entry: number, word: number): number {
  return (tagOf(word) << NUMBER_BITS) | (entry + 1);
}

/** The entry that a slot, which is not 0, leads to. */
export function entryOf(slot: number): number {
  return (slot & NUMBER) - 1;
}

export const FIRST_SLOTS = 4096;
/** How full slots get, and how full they are planned to be where the number of entries is known. */
const FULLEST = 0.8;
const PLANNED = 0.75;

/** Would so many entries make searches slow? */
export function isTooFull(entries: number, slotCount: number): boolean {
  return entries > slotCount * FULLEST;
}

/** How many slots to have next. Small tables double; in large ones, half of them unused would cost too much. */
export function moreSlots(slotCount: number): number {
  return slotCount < 1 << 17 ? slotCount * 2 : Math.ceil(slotCount * 1.25);
}

/** How many slots to have for so many entries. */
export function slotsFor(entries: number): number {
  return Math.ceil(entries / PLANNED);
}
