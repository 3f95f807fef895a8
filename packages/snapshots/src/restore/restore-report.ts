/**
 * What a restore has done so far, and telling it. What counts as what is restic's: folders and everything that is no
 * file count as files without bytes; what was right already is skipped.
 */
import type { RestoreEvent, RestoreOptions, RestoreProgress } from "./restore-types.js";

const PROGRESS_MS = 100;

type ItemEvent = Extract<RestoreEvent, { type: "item" }>;

export class RestoreReport {
  readonly #onEvent: ((event: RestoreEvent) => void) | undefined;
  readonly #progress = {
    totalFiles: 0,
    filesRestored: 0,
    filesSkipped: 0,
    filesDeleted: 0,
    totalBytes: 0,
    bytesRestored: 0,
    bytesSkipped: 0,
  };
  #lastProgress = 0;
  errorCount = 0;

  constructor(options: RestoreOptions) {
    this.#onEvent = options.onEvent?.bind(options);
  }

  get progress(): RestoreProgress {
    return { ...this.#progress };
  }

  /** Something will be restored. */
  expect(size: number): void {
    this.#progress.totalFiles++;
    this.#progress.totalBytes += size;
    this.#tellProgress();
  }

  /** A part of a file's content is in place. */
  wrote(bytes: number): void {
    this.#progress.bytesRestored += bytes;
    this.#tellProgress();
  }

  /** Something is in place; `path` is a function, for nobody may want to know. */
  restored(action: "restored" | "updated", kind: ItemEvent["kind"], path: () => string, size: number): void {
    this.#progress.filesRestored++;
    this.#item(action, kind, path, size);
  }

  /** Something was right already, or must not be touched. */
  skipped(kind: ItemEvent["kind"], path: () => string, size: number): void {
    this.#progress.filesSkipped++;
    this.#progress.bytesSkipped += size;
    this.#item("unchanged", kind, path, size);
  }

  /** Something that the snapshot does not hold was removed; `path` is where it was, not a path of the snapshot. */
  deleted(kind: ItemEvent["kind"], path: string): void {
    this.#progress.filesDeleted++;
    this.#item("deleted", kind, () => path, 0);
  }

  error(path: string, message: string): void {
    this.errorCount++;
    this.#onEvent?.({ type: "error", path, message });
  }

  warning(message: string): void {
    this.#onEvent?.({ type: "warning", message });
  }

  verified(files: number): void {
    this.#onEvent?.({ type: "verified", files });
  }

  #item(action: ItemEvent["action"], kind: ItemEvent["kind"], path: () => string, size: number): void {
    this.#onEvent?.({ type: "item", action, kind, path: path(), size });
    this.#tellProgress();
  }

  #tellProgress(): void {
    if (this.#onEvent === undefined) return;
    const now = Date.now();
    if (now - this.#lastProgress < PROGRESS_MS) return;
    this.#lastProgress = now;
    this.#onEvent({ type: "progress", ...this.#progress });
  }
}
