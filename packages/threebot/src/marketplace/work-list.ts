/** Names that need something, and when: at once, at a time, or later and later after it failed. */
const firstPause = 30_000;
const longestPause = 60 * 60_000;
/** So many are worked on at once. */
const atOnce = 8;

interface Item {
  readonly due: number;
  readonly failures: number;
}

export class WorkList {
  readonly #items = new Map<string, Item>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  add(name: string, due: number): void {
    this.#items.set(name, { due, failures: 0 });
  }

  remove(name: string): void {
    this.#items.delete(name);
  }

  failed(name: string): void {
    const failures = (this.#items.get(name)?.failures ?? 0) + 1;
    const pause = Math.min(longestPause, firstPause * 2 ** (failures - 1));
    // Not all of them in the same moment when a server is back.
    this.#items.set(name, { due: this.#now() + pause * (0.75 + Math.random() / 2), failures });
  }

  /** How many have failed, and wait for another try. */
  get failing(): number {
    return [...this.#items.values()].filter(({ failures }) => failures > 0).length;
  }

  /** Does what is due now. `work` says itself what comes next, and never rejects. */
  async run(work: (name: string) => Promise<void>): Promise<void> {
    const due = [...this.#items].filter(([, item]) => item.due <= this.#now()).map(([name]) => name);
    const hand = async (): Promise<void> => {
      for (let name = due.pop(); name !== undefined; name = due.pop()) await work(name);
    };
    await Promise.all(Array.from({ length: atOnce }, hand));
  }
}
