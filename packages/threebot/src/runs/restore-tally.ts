/**
 * What came of the files of a restore: each is counted once, by the first thing that was done to it, though a second copy
 * may have had to bring what the first could not, or all of it once more.
 */
import type { RestoreReport } from "../owner/service.js";

type Done = "created" | "replaced" | "left";

export class RestoreTally {
  readonly #files = new Map<string, { readonly done: Done; readonly size: number }>();

  /** @param path as the leg of the restore counts it */
  file(path: string, done: Done, size: number): void {
    const before = this.#files.get(path);
    // What was only looked at may still be written; what was written is not "left" when it is looked at again.
    if (before === undefined || before.done === "left") this.#files.set(path, { done, size });
  }

  /** @param failed what could not be brought back from any copy, whatever was begun of it */
  report(failed: readonly string[]): RestoreReport {
    const report = { created: 0, replaced: 0, left: 0, failed: failed.length, bytes: 0 };
    for (const path of failed) this.#files.delete(path);
    for (const { done, size } of this.#files.values()) {
      report[done]++;
      if (done !== "left") report.bytes += size;
    }
    return report;
  }
}
