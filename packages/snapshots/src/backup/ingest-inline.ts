/**
 * Reading files on this thread, a few milliseconds at a time: the walk, timers, signals and the store have their turns
 * in between.
 */
import type { FinishedPack, Packer } from "@tastic/repository";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { FileIngest, IngestedFile } from "./file-ingest.js";
import type { IngestHand, IngestWork } from "./ingest-hand.js";
import type { IngestOutcome } from "./ingest.js";
import type { PackShipping } from "./pack-shipping.js";
import { SourceError } from "./source-error.js";
import type { Stop } from "./stop.js";

const TURN_MS = 5;

type Steps<Result> = Generator<FinishedPack | undefined, Result>;
type Read<Result> = { readonly result: Result } | { readonly failure: string };

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

  give(work: IngestWork, onDone: () => void): void {
    this.load++;
    this.#work = this.#work.then(() => this.#do(work, onDone));
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
  async #do(work: IngestWork, onDone: () => void): Promise<void> {
    const { files } = (this.#tools ??= this.#create());
    const count = (bytes: number): void => void (this.bytesRead += bytes);
    try {
      if (work.type === "batch")
        for (const { path, done } of work.jobs) done(fileOf(await this.#read(path, files.file(path, count))));
      else if (work.type === "part")
        work.done(fileOf(await this.#read(work.part.path, files.part(work.part, count))));
      else {
        const found = await this.#read(work.request.path, files.cuts(work.request));
        work.done("failure" in found ? found : { cuts: found.result });
      }
      this.load--;
      onDone();
    } catch (error) {
      this.#stop.fail(error);
    }
  }

  async #read<Result>(path: string, steps: Steps<Result>): Promise<Read<Result>> {
    this.currentFile = path;
    try {
      return { result: await this.#drive(steps) };
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      return { failure: error.message };
    } finally {
      // Closes the file if we stopped in the middle of it.
      steps.return(undefined as never);
      this.currentFile = undefined;
    }
  }

  async #drive<Result>(steps: Steps<Result>): Promise<Result> {
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

function fileOf(read: Read<IngestedFile>): IngestOutcome {
  return "failure" in read ? read : { file: read.result };
}
