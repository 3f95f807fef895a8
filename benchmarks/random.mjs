// Numbers that look random and are the same for the same seed, on every machine: xoshiro128**, seeded by splitmix32.

export class Random {
  #a;
  #b;
  #c;
  #d;

  /** @param {number} seed any integer */
  constructor(seed) {
    let state = seed >>> 0;
    const split = () => {
      state = (state + 0x9e3779b9) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      return (mixed ^ (mixed >>> 15)) | 0;
    };
    this.#a = split();
    this.#b = split();
    this.#c = split();
    // All four zero would stay zero.
    this.#d = split() | 1;
  }

  /** 32 bits, as an integer from 0. */
  next() {
    const scrambled = Math.imul(this.#b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** A number from 0 up to 1. */
  fraction() {
    return this.next() / 2 ** 32;
  }

  /**
   * An integer from 0 to `limit - 1`.
   * @param {number} limit
   */
  below(limit) {
    return Math.floor(this.fraction() * limit);
  }

  /**
   * An integer from `min` to `max`, spread as sizes of files are: as many from 1 to 2 KiB as from 1 to 2 MiB.
   * @param {number} min
   * @param {number} max
   */
  size(min, max) {
    return Math.round(min * (max / min) ** this.fraction());
  }

  /**
   * Fills with bytes that cannot be compressed.
   * @param {Uint8Array} bytes
   */
  fillBytes(bytes) {
    const whole = bytes.length & ~3;
    const words =
      bytes.byteOffset % 4 === 0 ? new Uint32Array(bytes.buffer, bytes.byteOffset, whole / 4) : undefined;
    if (words) for (let i = 0; i < words.length; i++) words[i] = this.next();
    for (let i = words ? whole : 0; i < bytes.length; i++) bytes[i] = this.next() >>> 24;
  }
}
