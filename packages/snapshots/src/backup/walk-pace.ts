/**
 * How fast a backup walks: it may run ahead of reading, asking and storing, but only so far, and it lets others have
 * their turn.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Stop } from "./stop.js";

const TURN_MS = 5;
/** Entries that are walked past, at most, before it is certain that there will be a backup. */
const MOST_BEFORE_HELD = 1 << 15;

export class WalkPace {
  readonly #mostOpen: number;
  readonly #push: () => void;
  readonly #stop: Stop;
  #open = 0;
  #wake: (() => void) | undefined;
  #lastTurn = performance.now();
  #held: Promise<void> | undefined;
  #walked = 0;

  /**
   * @param mostOpen files and folders may be incomplete before the walk waits until half of them are complete
   * @param push begins whatever was only collected so far, so that waiting for it makes sense
   * @param held resolves when it is certain that there will be a backup; undefined if it is
   */
  constructor(mostOpen: number, push: () => void, stop: Stop, held: Promise<void> | undefined) {
    this.#mostOpen = mostOpen;
    this.#push = push;
    this.#stop = stop;
    this.#held = held;
  }

  /** So many entries were walked past. */
  walked(entries: number): void {
    this.#walked += entries;
  }

  /** Something was walked past that is not complete. It must become so without the walk going on. */
  opened(): void {
    this.#open++;
  }

  closed(): void {
    this.#open--;
    if (this.#open <= this.#mostOpen / 2) this.#wake?.();
  }

  /** To be asked often: is a pause due? */
  get isDue(): boolean {
    return this.#open >= this.#mostOpen || this.#mustHold || performance.now() - this.#lastTurn > TURN_MS;
  }

  get #mustHold(): boolean {
    return this.#held !== undefined && this.#walked >= MOST_BEFORE_HELD;
  }

  /** Waits until the walk may go on. Errors: whatever ended the backup. */
  async pause(): Promise<void> {
    this.#stop.throwIfStopped();
    if (this.#mustHold) {
      this.#push();
      await this.#held;
      this.#held = undefined;
    }
    if (this.#open >= this.#mostOpen) {
      this.#push();
      await this.#stop.race(new Promise<void>((resolve) => (this.#wake = resolve)));
      this.#wake = undefined;
    } else {
      await nextTurn();
      this.#stop.throwIfStopped();
    }
    this.#lastTurn = performance.now();
  }
}
