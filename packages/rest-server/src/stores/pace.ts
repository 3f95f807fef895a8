/**
 * Whether to ask the disk directly or on one of the system's threads. A thread costs two switches for each call, several
 * times what the call itself does where the system answers from memory, and more on a busy machine. But a disk that
 * answers by itself would hold up every client. So calls are direct as long as they come back at once; one that did not
 * sends those of the next while to the threads. Never for what waits for the disk by its nature, such as `fsync`.
 */

/** A direct call that took longer, in milliseconds, has waited for something. */
const slow = 4;
/** So long, in milliseconds, the threads are used then. */
const penalty = 500;

export class Pace {
  #threadsUntil = 0;

  /** Should the next call be direct? */
  get direct(): boolean {
    return performance.now() >= this.#threadsUntil;
  }

  /** Makes a direct call, and remembers whether it was quick. */
  try<T>(call: () => T): T {
    const before = performance.now();
    try {
      return call();
    } finally {
      const after = performance.now();
      if (after - before > slow) this.#threadsUntil = after + penalty;
    }
  }
}
