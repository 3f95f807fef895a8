/**
 * What a check has found so far, and telling it.
 */
import type { PackId } from "@tastic/format";
import type { CheckDamage, CheckOptions, CheckPhase, CheckResult } from "./check-types.js";

const PROGRESS_MS = 100;

export class CheckReport {
  readonly #options: CheckOptions;
  readonly #brokenPacks = new Set<PackId>();
  #errorCount = 0;
  #lastProgress = 0;
  suggestRepairIndex = false;
  suggestPrune = false;

  constructor(options: CheckOptions) {
    this.#options = options;
  }

  get errorCount(): number {
    return this.#errorCount;
  }

  phase(phase: CheckPhase): void {
    this.#lastProgress = 0;
    this.#options.onEvent?.({ type: "phase", phase });
  }

  /** Tells progress at most ten times a second, and when all is done. */
  progress(phase: CheckPhase, done: number, total: number): void {
    const now = Date.now();
    if (done < total && now - this.#lastProgress < PROGRESS_MS) return;
    this.#lastProgress = now;
    this.#options.onEvent?.({ type: "progress", phase, done, total });
  }

  /** One message that stands for `count` errors. */
  error(message: string, count = 1): void {
    this.#errorCount += count;
    this.#options.onEvent?.({ type: "error", message });
  }

  hint(message: string): void {
    this.#options.onEvent?.({ type: "hint", message });
  }

  /** A pack's content is damaged: what is still good in it can be salvaged. */
  broken(pack: PackId): void {
    this.#brokenPacks.add(pack);
    this.damaged({ type: "pack", id: pack });
  }

  /** What blobs of another repository may repair. */
  damaged(damage: CheckDamage): void {
    this.#options.onDamage?.(damage);
  }

  result(): CheckResult {
    return {
      errorCount: this.#errorCount,
      brokenPacks: [...this.#brokenPacks].sort(),
      suggestRepairIndex: this.suggestRepairIndex,
      suggestPrune: this.suggestPrune,
    };
  }
}
