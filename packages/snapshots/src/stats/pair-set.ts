/**
 * A set of pairs of 64-bit numbers in typed arrays, for the inodes of hard links: millions of them fit where objects
 * would not.
 */
const FIRST_SLOTS = 64;
const MIX = 0x9e37_79b9_7f4a_7c15n;

export class PairSet {
  /** Pairs at twice the slot; (0, 0) marks a free slot. */
  #slots = new BigUint64Array(2 * FIRST_SLOTS);
  #size = 0;
  #hasZero = false;

  /** Adds a pair; returns whether it was new. */
  add(a: bigint, b: bigint): boolean {
    if (a === 0n && b === 0n) {
      const isNew = !this.#hasZero;
      this.#hasZero = true;
      return isNew;
    }
    const at = this.#find(a, b);
    if (this.#slots[at] === a && this.#slots[at + 1] === b) return false;
    this.#slots[at] = a;
    this.#slots[at + 1] = b;
    // At most half full, so that runs of taken slots stay short.
    if (++this.#size * 4 > this.#slots.length) this.#grow();
    return true;
  }

  /** Where the pair is, or would be. */
  #find(a: bigint, b: bigint): number {
    const slots = this.#slots;
    const mixed = BigInt.asUintN(64, (a ^ (b << 32n)) * MIX) >> 32n;
    let at = (Number(mixed) * 2) % slots.length;
    while ((slots[at] !== 0n || slots[at + 1] !== 0n) && (slots[at] !== a || slots[at + 1] !== b)) {
      at = (at + 2) % slots.length;
    }
    return at;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new BigUint64Array(old.length * 2);
    for (let from = 0; from < old.length; from += 2) {
      const [a = 0n, b = 0n] = [old[from], old[from + 1]];
      if (a === 0n && b === 0n) continue;
      const at = this.#find(a, b);
      this.#slots[at] = a;
      this.#slots[at + 1] = b;
    }
  }
}
