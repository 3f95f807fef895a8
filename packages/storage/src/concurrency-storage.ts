/**
 * A storage that is asked for no more at once than it has connections, and for less while it says that this is too much:
 * half of it at once, and slowly more again as it answers.
 */
import { throwIfCancelled } from "./cancellation.js";
import type { OperationOptions, Storage, StorageFile } from "./storage.js";
import { isThrottled } from "./transient.js";

/** So many answers for each operation at once are waited for before one more is allowed. */
const ANSWERS_PER_STEP = 10;

/** `inner`, with at most `connections` operations at once. Listings, which may stay open for long, do not count. */
export function createConcurrencyStorage(inner: Storage): Storage {
  const slots = new AdaptiveSlots(inner.connections);
  const limited = <T>(file: StorageFile, options: OperationOptions | undefined, work: () => Promise<T>) =>
    // A lock that cannot be renewed in time ends everything: it waits behind no pack.
    file.type === "lock" ? work() : slots.use(work, options?.signal);
  return {
    location: inner.location,
    connections: inner.connections,
    prepare: () => inner.prepare(),
    save: (file, content, options) => limited(file, options, () => inner.save(file, content, options)),
    load: (file, range, options) => limited(file, options, () => inner.load(file, range, options)),
    stat: (file, options) => limited(file, options, () => inner.stat(file, options)),
    list: (type, options) => inner.list(type, options),
    remove: (file, options) => limited(file, options, () => inner.remove(file, options)),
    close: () => inner.close(),
  };
}

/** A semaphore whose size follows what the store can take. */
export class AdaptiveSlots {
  readonly #most: number;
  readonly #waiting = new Set<() => void>();
  #allowed: number;
  #running = 0;
  #answers = 0;
  /** Counts the cuts: what was begun before one says nothing about what came after it. */
  #cuts = 0;

  constructor(most: number) {
    this.#most = Math.max(1, most);
    this.#allowed = this.#most;
  }

  /** How many may run at once now. */
  get allowed(): number {
    return this.#allowed;
  }

  /** Waits for a slot, then does the work. Errors: `cancelled` while it waits, those of the work. */
  async use<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    while (this.#running >= this.#allowed) await this.#wait(signal);
    this.#running++;
    const cuts = this.#cuts;
    try {
      const result = await work();
      this.#answered();
      return result;
    } catch (error) {
      if (isThrottled(error) && cuts === this.#cuts) this.#cut();
      throw error;
    } finally {
      this.#running--;
      this.#wake();
    }
  }

  #answered(): void {
    if (this.#allowed === this.#most || ++this.#answers < ANSWERS_PER_STEP * this.#allowed) return;
    this.#answers = 0;
    this.#allowed++;
    this.#wake();
  }

  #cut(): void {
    this.#cuts++;
    this.#answers = 0;
    this.#allowed = Math.max(1, Math.floor(this.#allowed / 2));
  }

  #wake(): void {
    for (const wake of this.#waiting) {
      this.#waiting.delete(wake);
      wake();
      return;
    }
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    throwIfCancelled(signal, "waiting for other requests");
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        signal?.removeEventListener("abort", stop);
        resolve();
      };
      const stop = (): void => {
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal?.addEventListener("abort", stop, { once: true });
    });
    if (signal?.aborted !== true) return;
    // This may have been our turn: it is somebody else's now.
    this.#wake();
    throwIfCancelled(signal, "waiting for other requests");
  }
}
