/** A map that forgets what was not used for longest, roughly, once it is full. Everything it does takes constant time. */
export class BoundedMap<K, V> {
  readonly #half: number;
  #recent = new Map<K, V>();
  #older = new Map<K, V>();

  /** @param maximum how many entries are kept at most; at least half as many are */
  constructor(maximum: number) {
    this.#half = Math.max(1, maximum >> 1);
  }

  get(key: K): V | undefined {
    const value = this.#recent.get(key);
    if (value !== undefined) return value;
    const old = this.#older.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: K, value: V): void {
    this.#recent.set(key, value);
    if (this.#recent.size <= this.#half) return;
    // Not one by one: a map that loses its first entry again and again gets slower each time.
    this.#older = this.#recent;
    this.#recent = new Map();
  }

  delete(key: K): void {
    this.#recent.delete(key);
    this.#older.delete(key);
  }
}
