/**
 * Reading files on this thread, for hosts where workers are too dear.
 */
import type { FinishedPack, Packer, RepositoryWriter } from "@tastic/repository";
import type { FileIngest, IngestedFile } from "./file-ingest.js";
import type { Ingest, IngestOutcome } from "./ingest.js";
import { SourceError } from "./source-error.js";

export class InlineIngest implements Ingest {
  readonly #files: FileIngest;
  readonly #packer: Packer;
  readonly #writer: RepositoryWriter;
  #queue: Promise<unknown> = Promise.resolve();
  #current: string[] = [];
  bytesRead = 0;

  constructor(files: FileIngest, packer: Packer, writer: RepositoryWriter) {
    this.#files = files;
    this.#packer = packer;
    this.#writer = writer;
  }

  get currentFiles(): readonly string[] {
    return this.#current;
  }

  file(path: string): Promise<IngestOutcome> {
    const outcome = this.#queue.then(() => this.#read(path));
    this.#queue = outcome.catch(() => undefined);
    return outcome;
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

  async close(): Promise<void> {
    await this.#queue;
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
      this.#current = [];
    }
  }

  async #drive(steps: Generator<FinishedPack, IngestedFile>): Promise<IngestedFile> {
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      await this.#writer.accept(step.value);
    }
  }
}
