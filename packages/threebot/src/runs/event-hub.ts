/** Tells whoever listens what happens. Who does not keep up with the progress of a run gets the newest, not all of it. */
import type { OwnerEvent } from "../owner/service.js";

const maximumWaiting = 200;

class Listener {
  #waiting: OwnerEvent[] = [];
  #wake: (() => void) | undefined;

  push(event: OwnerEvent): void {
    const same = this.#waiting.findIndex((old) => isSame(old, event));
    if (same !== -1) this.#waiting.splice(same, 1);
    this.#waiting.push(event);
    // What is lost here a listener learns from the next state it asks for.
    if (this.#waiting.length > maximumWaiting) this.#waiting = [{ type: "status" }];
    this.wake();
  }

  wake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  async take(): Promise<OwnerEvent | undefined> {
    if (this.#waiting.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#waiting.shift();
  }
}

export class EventHub {
  readonly #listeners = new Set<Listener>();
  readonly #closed = new AbortController();

  emit(event: OwnerEvent): void {
    for (const listener of this.#listeners) listener.push(event);
  }

  /** Ends all that listen. */
  close(): void {
    this.#closed.abort();
  }

  async *listen(signal: AbortSignal): AsyncGenerator<OwnerEvent, void, undefined> {
    const ended = AbortSignal.any([signal, this.#closed.signal]);
    const listener = new Listener();
    const wake = (): void => listener.wake();
    this.#listeners.add(listener);
    ended.addEventListener("abort", wake);
    try {
      while (!ended.aborted) {
        const event = await listener.take();
        if (event !== undefined) yield event;
      }
    } finally {
      this.#listeners.delete(listener);
      ended.removeEventListener("abort", wake);
    }
  }
}

function isSame(a: OwnerEvent, b: OwnerEvent): boolean {
  if (a.type === "run") return b.type === "run" && a.run.id === b.run.id;
  if (a.type === "snapshots") return b.type === "snapshots" && a.place === b.place;
  return a.type === b.type;
}
