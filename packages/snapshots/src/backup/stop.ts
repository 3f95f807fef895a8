/**
 * How the parts of a backup stop together: the first failure, or the caller's signal, ends all of them.
 */
import { throwIfCancelled } from "../cancellation.js";

export class Stop {
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #onAbort = (): void => this.#cancel();
  #failure: { readonly error: unknown } | undefined;

  constructor(caller: AbortSignal | undefined) {
    this.#caller = caller;
    caller?.addEventListener("abort", this.#onAbort);
    this.#cancel();
  }

  /** For storages and loops: aborted when all is to end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends everything. Only the first failure counts: what follows are its consequences. */
  fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    this.#controller.abort(error);
  }

  throwIfStopped(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** What `work` resolves to; rejects as soon as everything ends, even if `work` never does. */
  async race<T>(work: Promise<T>): Promise<T> {
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    this.signal.addEventListener("abort", end);
    if (this.signal.aborted) end();
    try {
      return await Promise.race([work, ended.then(() => this.#raise())]);
    } finally {
      this.signal.removeEventListener("abort", end);
    }
  }

  /** Listens to the caller's signal no longer. */
  close(): void {
    this.#caller?.removeEventListener("abort", this.#onAbort);
  }

  #raise(): never {
    throw this.#failure?.error;
  }

  #cancel(): void {
    try {
      throwIfCancelled(this.#caller, "the backup");
    } catch (error) {
      this.fail(error);
    }
  }
}
