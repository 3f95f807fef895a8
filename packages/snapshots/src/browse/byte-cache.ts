/** What was loaded last, as long as all of it together is not too large; what many ask for at once is loaded once. */

interface Kept<V> {
  readonly value: V;
  readonly size: number;
}

export class ByteCache<V> {
  readonly #most: number;
  readonly #sizeOf: (value: V) => number;
  /** The one that was not used for longest comes first. */
  readonly #kept = new Map<string, Kept<V>>();
  readonly #loading = new Map<string, Promise<V>>();
  #bytes = 0;

  /** @param most bytes that are kept */
  constructor(most: number, sizeOf: (value: V) => number) {
    this.#most = most;
    this.#sizeOf = sizeOf;
  }

  /** Bytes that are kept now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What is known as `key`, or else what `load` makes; nothing is kept of an error. */
  get(key: string, load: () => Promise<V>): Promise<V> {
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      return Promise.resolve(kept.value);
    }
    let loading = this.#loading.get(key);
    if (loading === undefined) {
      loading = load()
        .then((value) => this.#keep(key, value))
        .finally(() => this.#loading.delete(key));
      this.#loading.set(key, loading);
    }
    return loading;
  }

  #keep(key: string, value: V): V {
    const size = this.#sizeOf(value);
    // One that would push out all others is not worth it.
    if (size > this.#most) return value;
    this.#kept.set(key, { value, size });
    this.#bytes += size;
    for (const [oldest, { size: freed }] of this.#kept) {
      if (this.#bytes <= this.#most) break;
      this.#kept.delete(oldest);
      this.#bytes -= freed;
    }
    return value;
  }
}
