/**
 * What the conductor of a restore knows of each file: how many blobs it waits for, whether it was begun, whether it
 * failed. It begins files that several stretches fill, writes single blobs, and finishes what the stretches did not.
 */
import { closeSync } from "node:fs";
import { entrySize } from "../file-content.js";
import { writeAll, writeSparsely } from "./positional-write.js";
import type { RestoreContext } from "./restore-context.js";
import { describeFailure } from "./restore-failure.js";
import { setMetadataOfOpen } from "./restore-metadata.js";
import { beginFile, identityOf, reopenFile } from "./restored-file.js";
import type { FileIdentity } from "./restored-file.js";

export class FileLedger {
  readonly #context: RestoreContext;
  /** Blobs that each file waits for. */
  readonly #missing: Uint32Array;
  readonly #failed: Uint8Array;
  /** Files that were begun and are not finished. */
  readonly #begun = new Map<number, FileIdentity>();

  constructor(context: RestoreContext) {
    const { plan } = context;
    this.#context = context;
    this.#missing = new Uint32Array(plan.fileCount);
    this.#failed = new Uint8Array(plan.fileCount);
    for (let file = 0; file < plan.fileCount; file++) {
      const [first, end] = plan.fileBlobs(file);
      for (let blob = first; blob < end; blob++) {
        if (!plan.isPresent(blob)) this.#missing[file] = (this.#missing[file] ?? 0) + 1;
      }
    }
  }

  hasFailed(file: number): boolean {
    return this.#failed[file] === 1;
  }

  /** Blobs that are not in place yet. */
  missing(file: number): number {
    return this.#missing[file] ?? 0;
  }

  identity(file: number): FileIdentity | undefined {
    return this.#begun.get(file);
  }

  /** The length that a file is begun with. A new file of one blob gets it from that, unless it may have holes. */
  startLength(file: number): number {
    const { plan, options, repository } = this.#context;
    const [first, end] = plan.fileBlobs(file);
    if (!plan.isExisting(file) && end - first <= 1 && options.sparse !== true) return -1;
    return first === end ? 0 : plan.blobOffset(end - 1) + entrySize(repository, plan.blobEntry(end - 1));
  }

  /** Makes or cuts the files that need no blob. */
  async writeEmpty(): Promise<void> {
    for (let file = 0; file < this.#missing.length; file++) {
      if (this.#missing[file] === 0 && this.begin(file)) await this.#finish(file);
    }
  }

  /** Begins a file, unless it was begun; returns whether it can be written to. */
  begin(file: number): boolean {
    if (this.hasFailed(file)) return false;
    return this.#begun.has(file) || this.#try(file, () => closeSync(this.#open(file)));
  }

  /** Writes a blob. */
  async write(blob: number, bytes: Uint8Array): Promise<void> {
    const { plan, options, report } = this.#context;
    const file = plan.blobFile(blob);
    if (!this.begin(file)) return;
    const offset = plan.blobOffset(blob);
    const done = this.#try(file, () =>
      this.#withFile(file, (fd) => {
        // Only a new file has holes where nothing was written.
        if (options.sparse === true && !plan.isExisting(file)) writeSparsely(fd, bytes, offset);
        else writeAll(fd, bytes, offset);
      }),
    );
    if (!done) return;
    report.wrote(bytes.length);
    await this.wrote(file, 1);
  }

  /** Blobs of a file were written elsewhere; finishes the file with its last one. */
  async wrote(file: number, blobs: number, identity?: FileIdentity): Promise<void> {
    if (this.hasFailed(file)) return;
    if (identity !== undefined) this.#begun.set(file, identity);
    this.#missing[file] = this.missing(file) - blobs;
    if (this.#missing[file] === 0) await this.#finish(file);
  }

  /** A file was written and finished elsewhere. @param problem what of its metadata could not be set */
  finished(file: number, problem?: string): void {
    const { plan, report } = this.#context;
    const text = (): string => plan.paths.text(plan.filePath(file));
    this.#missing[file] = 0;
    this.#begun.delete(file);
    report.wrote(this.#presentBytes(file));
    report.restored(plan.isExisting(file) ? "updated" : "restored", "file", text, plan.fileSize(file));
    if (problem !== undefined) report.error(text(), problem);
  }

  /** Gives a file up. @param problem why, for people */
  failed(file: number, problem: string): void {
    if (this.hasFailed(file)) return;
    const { plan, report } = this.#context;
    this.#failed[file] = 1;
    this.#begun.delete(file);
    report.error(plan.paths.text(plan.filePath(file)), problem);
  }

  fail(file: number, error: unknown): void {
    this.failed(file, describeFailure(error, this.#path(file)));
  }

  #try(file: number, action: () => void): boolean {
    try {
      action();
      return true;
    } catch (error) {
      this.fail(file, error);
      return false;
    }
  }

  async #finish(file: number): Promise<void> {
    const { plan } = this.#context;
    const metadata = plan.metadata.get(plan.fileMetadata(file));
    let problem: string | undefined;
    try {
      const fd = this.#open(file);
      try {
        problem = await setMetadataOfOpen(fd, this.#path(file), metadata, this.#context);
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      this.fail(file, error);
      return;
    }
    this.finished(file, problem);
  }

  #withFile(file: number, action: (fd: number) => void): void {
    const fd = this.#open(file);
    try {
      action(fd);
    } finally {
      closeSync(fd);
    }
  }

  /** Opens a file, for the first time or again. @throws system errors */
  #open(file: number): number {
    const identity = this.#begun.get(file);
    const path = this.#path(file);
    if (identity !== undefined) return reopenFile(path, identity);
    const fd = beginFile(path, {
      isExisting: this.#context.plan.isExisting(file),
      length: this.startLength(file),
      mayDelete: this.#context.options.delete === true,
    });
    try {
      this.#begun.set(file, identityOf(fd));
      return fd;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  #presentBytes(file: number): number {
    const { plan, repository } = this.#context;
    if (!plan.isExisting(file)) return 0;
    const [first, end] = plan.fileBlobs(file);
    let bytes = 0;
    for (let blob = first; blob < end; blob++) {
      if (plan.isPresent(blob)) bytes += entrySize(repository, plan.blobEntry(blob));
    }
    return bytes;
  }

  #path(file: number): string {
    const { folders, plan } = this.#context;
    return folders.locate(plan.filePath(file));
  }
}
