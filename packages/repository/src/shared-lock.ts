/**
 * A lock of one word of shared memory, for sections that take microseconds. Taking it when nobody else wants it is one
 * atomic operation; only who has to wait asks the system, and only then does the holder wake somebody.
 */
import { TasticError } from "@tastic/errors";

const FREE = 0;
const HELD = 1;
/** Held, and somebody may be waiting. */
const WANTED = 2;
/** No section takes this long: whoever holds the lock was stopped inside of it. */
const TIMEOUT_MS = 30_000;

/**
 * Waits for the lock in word `at` of `words` and takes it.
 * @throws TasticError internal, if it is not given back for half a minute
 */
export function takeLock(words: Int32Array, at: number): void {
  if (Atomics.compareExchange(words, at, FREE, HELD) === FREE) return;
  while (Atomics.exchange(words, at, WANTED) !== FREE) {
    if (Atomics.wait(words, at, WANTED, TIMEOUT_MS) === "timed-out") {
      throw new TasticError("internal", "the blob index stayed locked: a worker died while it wrote to it");
    }
  }
}

/** Gives the lock back. */
export function giveLock(words: Int32Array, at: number): void {
  if (Atomics.exchange(words, at, FREE) === WANTED) Atomics.notify(words, at, 1);
}
