/**
 * Reading files on this thread, for hosts where workers are too dear.
 */
import type { FinishedPack, Packer, RepositoryWriter } from "@tastic/repository";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { FileIngest, IngestedFile } from "./file-ingest.js";
import type { Ingest, IngestOutcome } from "./ingest.js";
import { SourceError } from "./source-error.js";
import type { Stop } from "./stop.js";

/** Timers, signals and the store have their turn after so many milliseconds of reading. */
const TURN_MS = 5;

export class InlineIngest implements Ingest {
  /** Nobody reads while others walk: waiting files would only take memory. */
  readonly lookAhead = 128;
  readonly #files: FileIngest;
  readonly #packer: Packer;
  readonly #writer: RepositoryWriter;
  readonly #stop: Stop;
  #queue: Promise<unknown> = Promise.resolve();
  #current: string[] = [];
  #lastTurn = performance.now();
  bytesRead = 0;

  constructor(files: FileIngest, packer: Packer, writer: RepositoryWriter, stop: Stop) {
    this.#files = files;
    this.#packer = packer;
    this.#writer = writer;
    this.#stop = stop;
  }

  get currentFiles(): readonly string[] {
    return this.#current;
  }

  file(path: string, _size: number, done: (outcome: IngestOutcome) => void): void {
    this.#queue = this.#queue.then(async () => {
      try {
        done(await this.#read(path));
      } catch (error) {
        this.#stop.fail(error);
      }
    });
  }

  push(): void {
    // Nothing is collected here.
  }

  async finish(): Promise<void> {
    await this.#queue;
    this.#packer.flush();
    for (let pack = this.#packer.takeFinished(); pack; pack = this.#packer.takeFinished()) {
      await this.#writer.accept(pack);
    }
  }

  /** Whoever closes has stopped the backup, or finished: nothing more is read. */
  async close(): Promise<void> {
    // There is nothing to end.
  }

  async #read(path: string): Promise<IngestOutcome> {
    this.#current = [path];
    const steps = this.#files.file(path, (bytes) => (this.bytesRead += bytes));
    try {
      return { file: await this.#drive(steps) };
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      return { failure: error.message };
    } finally {
      // Closes the file if we stopped in the middle of it.
      steps.return(undefined as never);
      this.#current = [];
    }
  }

  async #drive(steps: Generator<FinishedPack | undefined, IngestedFile>): Promise<IngestedFile> {
    for (;;) {
      if (performance.now() - this.#lastTurn > TURN_MS) {
        await nextTurn();
        this.#lastTurn = performance.now();
      }
      this.#stop.throwIfStopped();
      const step = steps.next();
      if (step.done === true) return step.value;
      if (step.value !== undefined) await this.#writer.accept(step.value);
    }
  }
}
