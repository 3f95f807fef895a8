/** Time that passes only when somebody waits for it: what sleeps is woken in order as soon as nothing else runs. */
import type { Clock } from "@tastic/storage";

export class FakeClock implements Clock {
  #now = 0;
  readonly #sleepers = new Map<number, { at: number; wake: () => void }>();
  #count = 0;
  #turning = false;
  /** What was slept, in milliseconds. */
  readonly slept: number[] = [];

  now(): number {
    return this.#now;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return;
    this.slept.push(milliseconds);
    await new Promise<void>((resolve) => {
      const id = this.#count++;
      const wake = (): void => {
        this.#sleepers.delete(id);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      signal?.addEventListener("abort", wake, { once: true });
      this.#sleepers.set(id, { at: this.#now + milliseconds, wake });
      this.#turn();
    });
  }

  #turn(): void {
    if (this.#turning) return;
    this.#turning = true;
    // Two turns of the loop, so that whatever can still happen at this moment does.
    setImmediate(() =>
      setImmediate(() => {
        this.#turning = false;
        const next = [...this.#sleepers.values()].sort((a, b) => a.at - b.at)[0];
        if (next === undefined) return;
        this.#now = Math.max(this.#now, next.at);
        next.wake();
        if (this.#sleepers.size > 0) this.#turn();
      }),
    );
  }
}
