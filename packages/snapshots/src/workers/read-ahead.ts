/**
 * Reading ahead: what is taken has been loading for a while. Reading takes turns of the event loop, and whoever works on
 * what is read should not wait for them.
 */

/** Items with what is being loaded for each, a few of them ahead of whoever takes them. */
export class ReadAhead<Item, Content> {
  readonly #items: Iterator<Item>;
  readonly #load: (item: Item) => Promise<Content>;
  readonly #depth: number;
  readonly #ahead: { readonly item: Item; readonly content: Promise<Content> }[] = [];

  /** @param depth how many are loaded, or being loaded, and not taken yet */
  constructor(items: Iterable<Item>, load: (item: Item) => Promise<Content>, depth: number) {
    this.#items = items[Symbol.iterator]();
    this.#load = load;
    this.#depth = depth;
  }

  /** The next item; undefined after the last one. Its content rejects with what `load` raised. */
  take(): { readonly item: Item; readonly content: Promise<Content> } | undefined {
    const taken = this.#ahead.shift() ?? this.#begin();
    while (this.#ahead.length < this.#depth) {
      const next = this.#begin();
      if (next === undefined) break;
      this.#ahead.push(next);
    }
    return taken;
  }

  #begin(): { readonly item: Item; readonly content: Promise<Content> } | undefined {
    const next = this.#items.next();
    if (next.done === true) return undefined;
    const item = next.value;
    const content = this.#load(item);
    // Nobody may ever take it, if others fail before.
    content.catch(() => undefined);
    return { item, content };
  }
}
