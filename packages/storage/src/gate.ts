/** Lets a number of operations in at once; the others wait, in order. */
import { throwIfCancelled } from "./cancellation.js";

export class Gate {
  #room: number;
  readonly #waiting: (() => void)[] = [];

  /** @param room how many are let in at once */
  constructor(room: number) {
    this.#room = room;
  }

  /**
   * Does `work` when there is room for it. Errors: those of `work`, and `cancelled` where the signal is aborted before.
   *
   * @param action what is given up then, such as "saving pack 3f0a1b2c…"
   */
  async pass<T>(work: () => Promise<T>, action: string, signal?: AbortSignal): Promise<T> {
    throwIfCancelled(signal, action);
    if (this.#room > 0) this.#room--;
    else await this.#wait(action, signal);
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#room++;
      else next();
    }
  }

  async #wait(action: string, signal: AbortSignal | undefined): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const enter = (): void => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        try {
          throwIfCancelled(signal, action);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      signal?.addEventListener("abort", leave, { once: true });
      this.#waiting.push(enter);
    });
  }
}
