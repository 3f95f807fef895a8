/** Bytes at no more than a certain rate, whoever sends or receives them. */
import { systemClock, type Clock } from "./clock.js";

/** What was not used lately may be used at once, for so many milliseconds' worth. */
const BURST = 250;

export class TokenBucket {
  readonly #rate: number;
  readonly #clock: Clock;
  /** When all that was taken so far has been paid for. */
  #paidAt: number;

  /** @param rate bytes a second */
  constructor(rate: number, clock: Clock = systemClock) {
    this.#rate = rate;
    this.#clock = clock;
    this.#paidAt = clock.now() - BURST;
  }

  /** Takes so many bytes; wait for the promise, if there is one. It resolves early when the signal is aborted. */
  take(bytes: number, signal?: AbortSignal): Promise<void> | undefined {
    const now = this.#clock.now();
    this.#paidAt = Math.max(this.#paidAt, now - BURST) + (bytes / this.#rate) * 1000;
    const wait = this.#paidAt - now;
    return wait > 0 ? this.#clock.sleep(wait, signal) : undefined;
  }
}
