/**
 * Long columns of numbers: what a plan knows of a million files or blobs, without an object for each.
 */

type Numbers = Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

const FIRST_LENGTH = 1024;

/** A growing array of numbers of one width. */
export class NumberColumn {
  readonly #make: (length: number) => Numbers;
  #numbers: Numbers;
  #length = 0;

  private constructor(make: (length: number) => Numbers) {
    this.#make = make;
    this.#numbers = make(FIRST_LENGTH);
  }

  static bytes(): NumberColumn {
    return new NumberColumn((length) => new Uint8Array(length));
  }

  static uint32(): NumberColumn {
    return new NumberColumn((length) => new Uint32Array(length));
  }

  static float64(): NumberColumn {
    return new NumberColumn((length) => new Float64Array(length));
  }

  get length(): number {
    return this.#length;
  }

  /** Appends a number; returns its index. */
  push(value: number): number {
    if (this.#length === this.#numbers.length) {
      const larger = this.#make(Math.ceil(this.#length * 1.5));
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.#length] = value;
    return this.#length++;
  }

  /** The number at an index; 0 beyond the end. */
  get(index: number): number {
    return index < this.#length ? (this.#numbers[index] ?? 0) : 0;
  }

  set(index: number, value: number): void {
    if (index < this.#length) this.#numbers[index] = value;
  }
}
