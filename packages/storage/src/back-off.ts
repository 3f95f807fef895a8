/**
 * How long to wait before the next attempt: a second, then twice as long each time, up to a minute, shifted at random by
 * up to a half, so that many clients of a busy server do not come back all at once; for a quarter of an hour in all.
 */
import type { Clock } from "./clock.js";

export interface BackOffSettings {
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** Milliseconds from the first attempt on. */
  readonly total: number;
}

const FIRST = 1000;
const LONGEST = 60_000;
export const DEFAULT_TOTAL = 15 * 60_000;

export class BackOff {
  readonly #settings: BackOffSettings;
  readonly #end: number;
  #interval = FIRST;
  #retries = 0;

  constructor(settings: BackOffSettings) {
    this.#settings = settings;
    this.#end = settings.clock.now() + settings.total;
  }

  /** How many waits were given out. */
  get retries(): number {
    return this.#retries;
  }

  /**
   * Milliseconds to wait, or undefined to give up; the first time never that.
   * @param atLeast what the server asked for, in milliseconds
   */
  next(atLeast = 0): number | undefined {
    const { clock, random, total } = this.#settings;
    const delay = Math.max(this.#interval * (0.5 + random()), Math.min(atLeast, total));
    if (this.#retries > 0 && clock.now() + delay > this.#end) return undefined;
    this.#interval = Math.min(LONGEST, this.#interval * 2);
    this.#retries++;
    return delay;
  }
}
