/**
 * Extended attributes while walking: paths are collected and asked for in batches, because asking costs a process.
 */
import type { ExtendedAttribute } from "@tastic/format";
import type { BackupReport } from "./backup-report.js";
import type { AttributeTool } from "./extended-attributes.js";

const BATCH = 1000;
const BATCH_MS = 20;

interface Waiting {
  readonly path: string;
  readonly resolve: (found: { extendedAttributes: readonly ExtendedAttribute[] } | undefined) => void;
  readonly reject: (error: unknown) => void;
}

export class AttributeQueue {
  readonly #tool: AttributeTool;
  readonly #report: BackupReport;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(tool: AttributeTool, report: BackupReport) {
    this.#tool = tool;
    this.#report = report;
  }

  /** The attributes of the object at `path`, as a part of its node; undefined if it has none. */
  read(path: string): Promise<{ extendedAttributes: readonly ExtendedAttribute[] } | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ path, resolve, reject });
      if (this.#waiting.length >= BATCH) this.#ask();
      else this.#timer ??= setTimeout(() => this.#ask(), BATCH_MS);
    });
  }

  #ask(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length === 0) return;
    const failed = (path: string, reason: string): void => {
      this.#report.warning(`extended attributes cannot be read: ${reason}`, path);
    };
    this.#tool
      .read(
        batch.map(({ path }) => path),
        failed,
      )
      .then(
        (found) => {
          for (const { path, resolve } of batch) {
            const extendedAttributes = found.get(path);
            resolve(extendedAttributes === undefined ? undefined : { extendedAttributes });
          }
        },
        (error: unknown) => {
          for (const { reject } of batch) reject(error);
        },
      );
  }
}
