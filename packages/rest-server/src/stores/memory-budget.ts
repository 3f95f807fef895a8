/** Bytes that uploads may hold in memory together. Who finds none free waits for its turn, in order. */
import { refusal } from "../http/refusal.js";

export class MemoryBudget {
  readonly #total: number;
  #free: number;
  readonly #waiting: { readonly bytes: number; go(): void }[] = [];

  constructor(total: number) {
    this.#total = total;
    this.#free = total;
  }

  /** Resolves when so many bytes are the caller's, who gives them back. Throws a refusal where there never are. */
  async take(bytes: number): Promise<void> {
    if (bytes > this.#total)
      throw refusal(413, "limit-exceeded", `an upload may have at most ${this.#total} bytes here`);
    if (this.#waiting.length === 0 && bytes <= this.#free) this.#free -= bytes;
    else await new Promise<void>((resolve) => this.#waiting.push({ bytes, go: resolve }));
  }

  give(bytes: number): void {
    this.#free += bytes;
    for (
      let next = this.#waiting[0];
      next !== undefined && next.bytes <= this.#free;
      next = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.#free -= next.bytes;
      next.go();
    }
  }
}
