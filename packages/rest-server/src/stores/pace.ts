/**
 * Whether to ask the disk directly or on one of the system's threads. A thread costs two switches for each call, several
 * times what the call itself does where the system answers from memory, and more on a busy machine. But a disk that
 * answers by itself would hold up every client. So calls are direct as long as they come back at once; when they do not,
 * those of the next while go to the threads. Never for what waits for the disk by its nature, such as `fsync`.
 */

/** A direct call that took longer, in milliseconds, has waited for something: the disk, or only its turn. */
const slow = 4;
/** It was the disk if it happens again within so many calls. A turn lasts for hundreds of them. */
const near = 16;
/** So long, in milliseconds, the threads are used then. */
const penalty = 500;

export class Pace {
  #threadsUntil = 0;
  #sinceSlow = near;

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
      this.#sinceSlow++;
      if (after - before > slow) {
        if (this.#sinceSlow < near) this.#threadsUntil = after + penalty;
        this.#sinceSlow = 0;
      }
    }
  }
}
