/**
 * The files that a restore is writing: each is opened when its first blob arrives and finished with its last, and a
 * limited number is open at once. Files are made anew, or are regular files that were looked at; links are not followed.
 */
import { systemErrorCode } from "@tastic/errors";
import { closeSync, constants, fstatSync, ftruncateSync, openSync } from "node:fs";
import { entrySize } from "./file-content.js";
import { clearPath } from "./remove-tree.js";
import type { RestoreContext } from "./restore-context.js";
import { describeFailure } from "./restore-failure.js";
import { setMetadataOfOpen } from "./restore-metadata.js";
import { systemPath } from "./source-files.js";
import { writeAll, writeSparsely } from "./positional-write.js";

/** Files that are open at once. */
const MAX_OPEN = 128;
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const REOPEN = constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** Only the owner has a part in a file until its metadata is set. */
const FIRST_MODE = 0o600;

/** Which file of the system it is. */
interface Identity {
  readonly device: number;
  readonly inode: number;
}

export class FileWriter {
  readonly #context: RestoreContext;
  /** Blobs that each file waits for. */
  readonly #missing: Uint32Array;
  readonly #failed: Uint8Array;
  /** Descriptors by file, the longest unused first. */
  readonly #open = new Map<number, number>();
  /** Files that were begun and closed in between. */
  readonly #parked = new Map<number, Identity>();

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

  /** Makes or cuts the files that need no blob. */
  async writeEmpty(): Promise<void> {
    for (let file = 0; file < this.#missing.length; file++) {
      if (this.#missing[file] !== 0) continue;
      const ready = this.#try(file, () => void this.#descriptor(file));
      if (ready) await this.#finish(file);
    }
  }

  /** Writes a planned blob. Finishes the file with its last one: then, if attributes are to be set, there is a wait. */
  write(blob: number, bytes: Uint8Array): undefined | Promise<void> {
    const { plan, options, report } = this.#context;
    const file = plan.blobFile(blob);
    if (this.hasFailed(file)) return undefined;
    const done = this.#try(file, () => {
      const fd = this.#descriptor(file);
      const offset = plan.blobOffset(blob);
      // Only a new file has holes where nothing was written.
      if (options.sparse === true && !plan.isExisting(file)) writeSparsely(fd, bytes, offset);
      else writeAll(fd, bytes, offset);
    });
    if (!done) return undefined;
    report.wrote(bytes.length);
    this.#missing[file] = (this.#missing[file] ?? 1) - 1;
    return this.#missing[file] === 0 ? this.#finish(file) : undefined;
  }

  /** Gives a file up. */
  fail(file: number, error: unknown): void {
    if (this.hasFailed(file)) return;
    const { plan, report, folders } = this.#context;
    const path = plan.filePath(file);
    this.#failed[file] = 1;
    this.#parked.delete(file);
    const fd = this.#open.get(file);
    if (fd !== undefined) this.#close(file, fd);
    report.error(plan.paths.text(path), describeFailure(error, folders.locate(path)));
  }

  /** Closes what is still open: after a failure of everything. */
  close(): void {
    for (const [file, fd] of this.#open) this.#close(file, fd);
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

  /** Synchronous as far as possible, so that a blob that is done is not kept for a turn of the event loop. */
  #finish(file: number): undefined | Promise<void> {
    const { plan, folders } = this.#context;
    const fd = this.#open.get(file) ?? -1;
    const path = folders.locate(plan.filePath(file));
    const problem = setMetadataOfOpen(fd, path, plan.metadata.get(plan.fileMetadata(file)), this.#context);
    if (problem instanceof Promise) return problem.then((text) => this.#finished(file, fd, text));
    this.#finished(file, fd, problem);
    return undefined;
  }

  #finished(file: number, fd: number, problem: string | undefined): void {
    const { plan, report } = this.#context;
    const text = (): string => plan.paths.text(plan.filePath(file));
    if (!this.#try(file, () => this.#close(file, fd))) return;
    report.wrote(this.#presentBytes(file));
    report.restored(plan.isExisting(file) ? "updated" : "restored", "file", text, plan.fileSize(file));
    if (problem !== undefined) report.error(text(), problem);
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

  #close(file: number, fd: number): void {
    this.#open.delete(file);
    closeSync(fd);
  }

  /** The open file. @throws system errors */
  #descriptor(file: number): number {
    let fd = this.#open.get(file);
    if (fd === undefined) {
      this.#park();
      const identity = this.#parked.get(file);
      fd = identity === undefined ? this.#begin(file) : this.#reopen(file, identity);
    } else if (this.#open.size > 1) this.#open.delete(file);
    this.#open.set(file, fd);
    return fd;
  }

  /** Closes the file that was not written to for the longest time, if too many are open. */
  #park(): void {
    if (this.#open.size < MAX_OPEN) return;
    for (const [file, fd] of this.#open) {
      const { dev, ino } = fstatSync(fd);
      this.#parked.set(file, { device: dev, inode: ino });
      this.#close(file, fd);
      return;
    }
  }

  #reopen(file: number, identity: Identity): number {
    this.#parked.delete(file);
    const path = this.#context.folders.locate(this.#context.plan.filePath(file));
    const fd = openSync(systemPath(path), REOPEN);
    const { dev, ino } = fstatSync(fd);
    if (dev === identity.device && ino === identity.inode) return fd;
    closeSync(fd);
    throw new Error(`${path} was replaced by something else meanwhile`);
  }

  #begin(file: number): number {
    const { plan, folders, options } = this.#context;
    const path = folders.locate(plan.filePath(file));
    const [first, end] = plan.fileBlobs(file);
    const fd = plan.isExisting(file) ? openExisting(path) : createFile(path, options.delete === true);
    try {
      // A new file of one blob gets its length from it.
      if (plan.isExisting(file) || end - first > 1 || options.sparse === true)
        ftruncateSync(fd, this.#length(first, end));
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    return fd;
  }

  #length(first: number, end: number): number {
    const { plan, repository } = this.#context;
    return first === end ? 0 : plan.blobOffset(end - 1) + entrySize(repository, plan.blobEntry(end - 1));
  }
}

/** Makes a file; what is in its place is removed, a folder only if it is empty or everything may go. */
function createFile(path: string, mayDelete: boolean): number {
  const name = systemPath(path);
  try {
    return openSync(name, CREATE, FIRST_MODE);
  } catch (error) {
    if (systemErrorCode(error) !== "EEXIST") throw error;
    clearPath(path, mayDelete);
    return openSync(name, CREATE, FIRST_MODE);
  }
}

/** Opens a file whose content was compared, and that must still be a file of one name. */
function openExisting(path: string): number {
  const fd = openSync(systemPath(path), REOPEN);
  const status = fstatSync(fd);
  if (status.isFile() && status.nlink === 1) return fd;
  closeSync(fd);
  throw new Error(`${path} was replaced by something else meanwhile`);
}
