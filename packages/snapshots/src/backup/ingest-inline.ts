/**
 * Reading files on this thread, a few milliseconds at a time: the walk, timers, signals and the store have their turns
 * in between.
 */
import type { FinishedPack, Packer } from "@tastic/repository";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { FileIngest, IngestedFile } from "./file-ingest.js";
import type { IngestHand, IngestJob } from "./ingest-hand.js";
import type { IngestOutcome } from "./ingest.js";
import type { PackShipping } from "./pack-shipping.js";
import { SourceError } from "./source-error.js";
import type { Stop } from "./stop.js";

const TURN_MS = 5;

interface Tools {
  readonly files: FileIngest;
  readonly packer: Packer;
}

export class IngestInline implements IngestHand {
  readonly #create: () => Tools;
  readonly #shipping: PackShipping;
  readonly #stop: Stop;
  #tools: Tools | undefined;
  #work: Promise<void> = Promise.resolve();
  #lastTurn = performance.now();
  load = 0;
  bytesRead = 0;
  currentFile: string | undefined;

  constructor(create: () => Tools, shipping: PackShipping, stop: Stop) {
    this.#create = create;
    this.#shipping = shipping;
    this.#stop = stop;
  }

  give(batch: readonly IngestJob[], onDone: () => void): void {
    this.load++;
    this.#work = this.#work.then(() => this.#readAll(batch, onDone));
  }

  async finish(): Promise<void> {
    await this.#work;
    const packer = this.#tools?.packer;
    packer?.flush();
    for (let pack = packer?.takeFinished(); pack; pack = packer?.takeFinished()) {
      await this.#shipping.send(pack);
    }
  }

  /** Never rejects. */
  async #readAll(batch: readonly IngestJob[], onDone: () => void): Promise<void> {
    try {
      for (const { path, done } of batch) done(await this.#read(path));
      this.load--;
      onDone();
    } catch (error) {
      this.#stop.fail(error);
    }
  }

  async #read(path: string): Promise<IngestOutcome> {
    const { files } = (this.#tools ??= this.#create());
    this.currentFile = path;
    const steps = files.file(path, (bytes) => (this.bytesRead += bytes));
    try {
      return { file: await this.#drive(steps) };
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      return { failure: error.message };
    } finally {
      // Closes the file if we stopped in the middle of it.
      steps.return(undefined as never);
      this.currentFile = undefined;
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
      if (step.value !== undefined) await this.#shipping.send(step.value);
    }
  }
}
