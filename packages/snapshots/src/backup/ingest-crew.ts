/**
 * Those who read files for a backup: this thread, and workers beside it. Files are shared out in batches, to whoever has
 * the least to do; a worker is hired only when all others are busy, so that a small backup starts none.
 */
import type { Packer, RepositoryWriter } from "@tastic/repository";
import type { IngestHand, IngestJob, IngestWork } from "./ingest-hand.js";
import type { Ingest, IngestOutcome } from "./ingest.js";
import { IngestInline } from "./ingest-inline.js";
import type { FileIngest } from "./file-ingest.js";
import { WorkerTeam } from "./ingest-team.js";
import type { TeamSettings } from "./ingest-team.js";
import { LARGE_FILE, LargeFile } from "./large-file.js";
import { PackShipping } from "./pack-shipping.js";
import type { Stop } from "./stop.js";

/** A batch is worth a message when it has so many files, or so many bytes. */
const BATCH_FILES = 128;
const BATCH_BYTES = 4 << 20;
/** Batches that a worker has at a time: one to work on, one so that it need not wait for the next. */
const BATCHES_PER_WORKER = 2;
/** How many files are worth having in waiting: where nobody reads while others walk, they would only take memory. */
const LOOK_AHEAD = { alone: 128, withWorkers: 2048 };

export interface CrewSettings extends TeamSettings {
  readonly workers: number;
  /** Packs that may be on their way to the store. */
  readonly packsAtOnce: number;
  /** What reads files on this thread, made when it is first needed. */
  readonly inline: () => { files: FileIngest; packer: Packer };
}

export class IngestCrew implements Ingest {
  readonly lookAhead: number;
  readonly #workers: number;
  readonly #stop: Stop;
  readonly #shipping: PackShipping;
  readonly #team: WorkerTeam;
  readonly #inline: IngestInline;
  readonly #hands: IngestHand[] = [];
  readonly #waiting: IngestWork[] = [];
  #batch: IngestJob[] = [];
  #batchBytes = 0;

  constructor({ workers, packsAtOnce, inline, ...team }: CrewSettings, writer: RepositoryWriter, stop: Stop) {
    this.lookAhead = workers > 0 ? LOOK_AHEAD.withWorkers : LOOK_AHEAD.alone;
    this.#workers = workers;
    this.#stop = stop;
    this.#shipping = new PackShipping(writer, stop, packsAtOnce);
    this.#inline = new IngestInline(inline, this.#shipping, stop);
    this.#team = new WorkerTeam(team, workers, this.#shipping, stop);
  }

  get bytesRead(): number {
    return this.#inline.bytesRead + this.#team.bytesRead;
  }

  get currentFiles(): readonly string[] {
    const files = [this.#inline, ...this.#hands].flatMap(({ currentFile }) => currentFile ?? []);
    return [...new Set(files)];
  }

  file(path: string, size: number, done: (outcome: IngestOutcome) => void): void {
    if (size >= LARGE_FILE && this.#workers > 0) {
      this.push();
      const give = (work: IngestWork, isNext: boolean): void => this.#put(work, isNext);
      new LargeFile({ path, hands: this.#workers + 1, give, done }).begin();
      return;
    }
    this.#batch.push({ path, done });
    this.#batchBytes += size;
    if (this.#batch.length >= BATCH_FILES || this.#batchBytes >= BATCH_BYTES) this.push();
  }

  push(): void {
    if (this.#batch.length === 0) return;
    const jobs = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    this.#put({ type: "batch", jobs }, false);
  }

  async finish(): Promise<void> {
    this.push();
    await Promise.all([this.#inline, ...this.#hands].map((hand) => hand.finish()));
    // Only when the writer has them all does flushing it mean anything.
    await this.#shipping.settled();
  }

  async close(): Promise<void> {
    await this.#team.close();
  }

  #put(work: IngestWork, isNext: boolean): void {
    if (isNext) this.#waiting.unshift(work);
    else this.#waiting.push(work);
    this.#assign();
  }

  #assign(): void {
    while (!this.#stop.signal.aborted) {
      const hand = this.#waiting.length > 0 ? this.#nextHand() : undefined;
      const work = hand && this.#waiting.shift();
      if (work === undefined) return;
      hand?.give(work, () => this.#assign());
    }
  }

  /** Idle workers, then this thread, then new workers, then whoever may have another batch in waiting. */
  #nextHand(): IngestHand | undefined {
    const least = this.#hands.toSorted((a, b) => a.load - b.load)[0];
    if (least?.load === 0) return least;
    if (this.#inline.load === 0) return this.#inline;
    if (this.#hands.length < this.#workers) {
      const hired = this.#team.hire();
      this.#hands.push(hired);
      return hired;
    }
    return least !== undefined && least.load < BATCHES_PER_WORKER ? least : undefined;
  }
}
