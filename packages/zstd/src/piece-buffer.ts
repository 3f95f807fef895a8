/** Gathers pieces of unknown or known total length into one array. */

export class PieceBuffer {
  readonly #full: Uint8Array[] = [];
  #current: Uint8Array;
  #used = 0;

  /** @param expected The total length, where it is known and trusted: then nothing is copied twice. */
  constructor(expected: number | undefined) {
    this.#current = new Uint8Array(expected ?? 0);
  }

  /** Copies the piece. */
  add(piece: Uint8Array): void {
    if (piece.length > this.#current.length - this.#used) {
      if (this.#used > 0) this.#full.push(this.#current.subarray(0, this.#used));
      this.#current = piece.slice();
      this.#used = piece.length;
      return;
    }
    this.#current.set(piece, this.#used);
    this.#used += piece.length;
  }

  /** Everything that was added, in an array of exactly that length. */
  take(): Uint8Array {
    const last = this.#current.subarray(0, this.#used);
    if (this.#full.length === 0) return last.length === this.#current.length ? this.#current : last.slice();
    const all = [...this.#full, last];
    const result = new Uint8Array(all.reduce((length, piece) => length + piece.length, 0));
    let at = 0;
    for (const piece of all) {
      result.set(piece, at);
      at += piece.length;
    }
    return result;
  }
}
