/**
 * How fast a backup walks: it may run ahead of reading, asking and storing, but only so far, and it lets others have
 * their turn.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Stop } from "./stop.js";

const TURN_MS = 5;

export class WalkPace {
  readonly #mostOpen: number;
  readonly #push: () => void;
  readonly #stop: Stop;
  #open = 0;
  #wake: (() => void) | undefined;
  #lastTurn = performance.now();

  /**
   * @param mostOpen files and folders may be incomplete before the walk waits until half of them are complete
   * @param push begins whatever was only collected so far, so that waiting for it makes sense
   */
  constructor(mostOpen: number, push: () => void, stop: Stop) {
    this.#mostOpen = mostOpen;
    this.#push = push;
    this.#stop = stop;
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
    return this.#open >= this.#mostOpen || performance.now() - this.#lastTurn > TURN_MS;
  }

  /** Waits until the walk may go on. Errors: whatever ended the backup. */
  async pause(): Promise<void> {
    this.#stop.throwIfStopped();
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
