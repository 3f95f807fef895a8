/**
 * Writing what a stretch of a pack holds to where it belongs: opens and verifies each blob once, and finishes the files
 * that are complete with it. On a worker or on the main thread; nothing in it is waited for.
 */
import { releaseMemory } from "@tastic/repository";
import type { BlobReader } from "@tastic/repository";
import { metadataFrom } from "./metadata-table.js";
import { OpenFiles } from "./open-files.js";
import { writeAll, writeSparsely } from "./positional-write.js";
import { describeFailure } from "./restore-failure.js";
import { setMetadataOfOpen } from "./restore-metadata.js";
import type { MetadataTools } from "./restore-metadata.js";
import {
  DEVICE,
  DONE,
  FAILED,
  FILE_FIELDS,
  FLAGS,
  INODE,
  IS_BEGUN,
  IS_EXISTING,
  IS_WHOLE,
  LENGTH,
  METADATA,
  PARTIAL,
} from "./restore-task.js";
import type { RestoreAnswer, RestoreTask, RestoreWorkerOptions } from "./restore-task.js";
import { beginFile } from "./restored-file.js";
import { TimeRecords } from "./time-records.js";
import type { Steps } from "../workers/worker-hand.js";

export class StretchWriter {
  readonly #blobs: BlobReader;
  readonly #options: RestoreWorkerOptions;
  readonly #times = new TimeRecords();
  /** Who restores attributes gets the files that have some back unfinished. */
  readonly #tools: MetadataTools = {
    times: this.#times,
    attributes: { wanted: () => [], set: () => Promise.resolve() },
  };

  constructor(blobs: BlobReader, options: RestoreWorkerOptions) {
    this.#blobs = blobs;
    this.#options = options;
  }

  /**
   * Does one task, blob by blob, and gives back the memory of its stretch. Whatever is wrong with a file, or a blob, is
   * in the answer.
   */
  *write(task: RestoreTask): Steps<RestoreAnswer> {
    const work = new StretchWork(task, this.#options, this.#tools);
    try {
      yield* this.#writeBlobs(task, work);
      work.parkAll();
    } finally {
      work.close();
    }
    releaseMemory(task.bytes);
    return { ...work.results(), times: this.#times.take() };
  }

  *#writeBlobs(task: RestoreTask, work: StretchWork): Steps<void> {
    const { index } = this.#blobs;
    let last = -1;
    let plaintext: Uint8Array | undefined;
    for (const [write, entry] of task.entries.entries()) {
      if (entry !== last) {
        // Only here: the plaintext does not outlast another turn.
        if (last >= 0) yield;
        const at = index.offset(entry) - task.offset;
        plaintext = this.#open(entry, task.bytes.subarray(at, at + index.length(entry)));
        last = entry;
      }
      work.write(write, plaintext);
    }
  }

  #open(entry: number, sealed: Uint8Array): Uint8Array | undefined {
    try {
      return this.#blobs.open(entry, sealed);
    } catch {
      // Whoever gave the task tries other copies, and this one once more, and knows then what is wrong.
      return undefined;
    }
  }
}

/** The files of one task. */
class StretchWork {
  readonly #task: RestoreTask;
  readonly #options: RestoreWorkerOptions;
  readonly #tools: MetadataTools;
  readonly #open = new OpenFiles();
  /** Writes to come for each file. */
  readonly #remaining: Uint32Array;
  /** Whether each of a file's blobs could be written. */
  readonly #complete: Uint8Array;
  readonly #written: Float64Array;
  readonly #states: Uint8Array<ArrayBuffer>;
  readonly #identities: Float64Array<ArrayBuffer>;
  readonly #problems: { file: number; text: string }[] = [];
  readonly #unread: number[] = [];

  constructor(task: RestoreTask, options: RestoreWorkerOptions, tools: MetadataTools) {
    const count = task.paths.length;
    this.#task = task;
    this.#options = options;
    this.#tools = tools;
    this.#remaining = new Uint32Array(count);
    this.#complete = new Uint8Array(count).fill(1);
    this.#written = new Float64Array(count);
    this.#states = new Uint8Array(count);
    this.#identities = new Float64Array(2 * count);
    for (const file of task.targets) this.#remaining[file] = (this.#remaining[file] ?? 0) + 1;
    for (let file = 0; file < count; file++) {
      if ((this.#number(file, FLAGS) & IS_BEGUN) === 0) continue;
      const identity = { device: this.#number(file, DEVICE), inode: this.#number(file, INODE) };
      this.#open.adopt(file, identity);
    }
  }

  /** @param plaintext undefined if there is none */
  write(write: number, plaintext: Uint8Array | undefined): void {
    const file = this.#task.targets[write] ?? 0;
    this.#remaining[file] = (this.#remaining[file] ?? 1) - 1;
    if (this.#states[file] === FAILED) return;
    if (plaintext === undefined) {
      this.#unread.push(write);
      this.#complete[file] = 0;
    } else this.#attempt(file, () => this.#put(file, this.#task.places[write] ?? 0, plaintext));
    if (this.#remaining[file] === 0) this.#attempt(file, () => this.#leave(file));
  }

  /** Closes the files that others go on with. */
  parkAll(): void {
    for (let file = 0; file < this.#states.length; file++) {
      if (this.#states[file] === PARTIAL) this.#attempt(file, () => this.#park(file));
    }
  }

  /** Closes what is still open, if something went wrong that nobody expected. */
  close(): void {
    this.#open.closeAll();
  }

  results(): Omit<RestoreAnswer, "times"> {
    const bytesWritten = this.#written.reduce(
      (sum, bytes, file) => (this.#states[file] === FAILED ? sum : sum + bytes),
      0,
    );
    return {
      states: this.#states,
      identities: this.#identities,
      problems: this.#problems,
      unread: this.#unread,
      bytesWritten,
    };
  }

  #put(file: number, offset: number, bytes: Uint8Array): void {
    const isExisting = (this.#number(file, FLAGS) & IS_EXISTING) !== 0;
    const fd = this.#descriptor(file, isExisting);
    // Only a new file has holes where nothing was written.
    if (this.#options.sparse && !isExisting) writeSparsely(fd, bytes, offset);
    else writeAll(fd, bytes, offset);
    this.#written[file] = (this.#written[file] ?? 0) + bytes.length;
  }

  #descriptor(file: number, isExisting: boolean): number {
    const path = this.#path(file);
    return this.#open.descriptor(file, path, () =>
      beginFile(path, { isExisting, length: this.#number(file, LENGTH), mayDelete: this.#options.mayDelete }),
    );
  }

  /** After a file's last write of this task. */
  #leave(file: number): void {
    const isWhole = (this.#number(file, FLAGS) & IS_WHOLE) !== 0;
    if (isWhole && this.#complete[file] === 1) this.#finish(file);
    else this.#park(file);
  }

  #finish(file: number): void {
    const path = this.#path(file);
    const isExisting = (this.#number(file, FLAGS) & IS_EXISTING) !== 0;
    const fd = this.#descriptor(file, isExisting);
    const metadata = metadataFrom(this.#task.files, file * FILE_FIELDS + METADATA);
    const problem = setMetadataOfOpen(fd, path, metadata, this.#tools);
    this.#open.close(file);
    this.#states[file] = DONE;
    // Only attributes would have to be waited for, and there are none.
    if (typeof problem === "string") this.#problems.push({ file, text: problem });
  }

  #park(file: number): void {
    const identity = this.#open.park(file);
    if (identity === undefined) return;
    this.#identities[2 * file] = identity.device;
    this.#identities[2 * file + 1] = identity.inode;
  }

  #attempt(file: number, action: () => void): void {
    try {
      action();
    } catch (error) {
      if (this.#states[file] === FAILED) return;
      this.#states[file] = FAILED;
      this.#problems.push({ file, text: describeFailure(error, this.#path(file)) });
      try {
        this.#open.close(file);
      } catch {
        // That it failed before is what counts.
      }
    }
  }

  #path(file: number): string {
    return this.#task.paths[file] ?? "";
  }

  #number(file: number, field: number): number {
    return this.#task.files[file * FILE_FIELDS + field] ?? 0;
  }
}
