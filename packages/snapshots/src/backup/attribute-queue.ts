/**
 * Extended attributes while walking: paths are collected and asked for in batches, because asking costs a process.
 */
import type { ExtendedAttribute } from "@tastic/format";
import type { BackupReport } from "./backup-report.js";
import type { AttributeTool } from "../attributes/extended-attributes.js";

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
      if (this.#waiting.length >= BATCH) this.push();
      else this.#timer ??= setTimeout(() => this.push(), BATCH_MS);
    });
  }

  /** Asks for what was only collected so far. */
  push(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length > 0) void this.#ask(batch);
  }

  /** Ends the tool. What was collected is not asked for any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#waiting = [];
    this.#tool.close();
  }

  async #ask(batch: readonly Waiting[]): Promise<void> {
    try {
      const paths = batch.map(({ path }) => path);
      const found = await this.#tool.read(paths, (path, reason) => this.#failed(path, reason));
      for (const { path, resolve } of batch) {
        const extendedAttributes = found.get(path);
        resolve(extendedAttributes === undefined ? undefined : { extendedAttributes });
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  #failed(path: string, reason: string): void {
    // What has gone meanwhile is missed by whoever reads it.
    if (reason === "ENOENT") return;
    this.#report.warning(`extended attributes of ${path} cannot be read: ${reason}`, path);
  }
}
