/**
 * Reading files on worker threads: shares out the work in batches, takes their packs, and gives back outcomes.
 */
import { TasticError, messageOf } from "@tastic/errors";
import type { FinishedPack, RepositoryWriter } from "@tastic/repository";
import { Worker } from "node:worker_threads";
import { FIELDS } from "./ingest-messages.js";
import type { BatchResults, FromWorker, ToWorker, WorkerFailure, WorkerSettings } from "./ingest-messages.js";
import type { Ingest, IngestOutcome } from "./ingest.js";
import type { Stop } from "./stop.js";

/** A batch is sent when it is worth a message: so many files, or so many bytes. */
const BATCH_FILES = 128;
const BATCH_BYTES = 4 << 20;
/** Batches that a worker has at a time: one to work on, one so that it need not wait for the next. */
const BATCHES_PER_WORKER = 2;

interface Job {
  readonly path: string;
  readonly done: (outcome: IngestOutcome) => void;
}

interface Hand {
  readonly worker: Worker;
  readonly place: number;
  readonly batches: Map<number, readonly Job[]>;
  finished?: () => void;
}

type SharedSettings = Omit<WorkerSettings, "place">;

export class IngestPool implements Ingest {
  readonly lookAhead = 2048;
  readonly #settings: SharedSettings;
  readonly #writer: RepositoryWriter;
  readonly #stop: Stop;
  readonly #size: number;
  readonly #hands: Hand[] = [];
  readonly #waiting: (readonly Job[])[] = [];
  readonly #taking = new Set<Promise<void>>();
  #batch: Job[] = [];
  #batchBytes = 0;
  #batchNumber = 0;
  #closed = false;

  /**
   * @param size how many workers
   * @param packsAtOnce how many packs may be on their way to the store
   */
  constructor(
    settings: Pick<WorkerSettings, "packer" | "chunkerPolynomial">,
    writer: RepositoryWriter,
    stop: Stop,
    size: number,
    packsAtOnce: number,
  ) {
    const credits = new Int32Array(new SharedArrayBuffer(4));
    credits[0] = packsAtOnce;
    const bytesRead = new BigInt64Array(new SharedArrayBuffer(8));
    const positions = new Int32Array(new SharedArrayBuffer(4 * size));
    this.#settings = { ...settings, credits, bytesRead, positions };
    this.#writer = writer;
    this.#stop = stop;
    this.#size = size;
  }

  get bytesRead(): number {
    return Number(Atomics.load(this.#settings.bytesRead, 0));
  }

  get currentFiles(): readonly string[] {
    return this.#hands.flatMap(({ batches, place }) => {
      const [batch] = batches.values();
      const job = batch?.[this.#settings.positions[place] ?? 0];
      return job === undefined ? [] : [job.path];
    });
  }

  file(path: string, size: number, done: (outcome: IngestOutcome) => void): void {
    this.#batch.push({ path, done });
    this.#batchBytes += size;
    if (this.#batch.length >= BATCH_FILES || this.#batchBytes >= BATCH_BYTES) this.push();
  }

  push(): void {
    if (this.#batch.length === 0) return;
    this.#waiting.push(this.#batch);
    this.#batch = [];
    this.#batchBytes = 0;
    this.#assign();
  }

  async finish(): Promise<void> {
    this.push();
    await Promise.all(this.#hands.map((hand) => this.#finishHand(hand)));
    // Only when the writer has seen them all does flushing it mean anything.
    await Promise.all(this.#taking);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#hands.map(({ worker }) => worker.terminate()));
  }

  #finishHand(hand: Hand): Promise<void> {
    return new Promise((resolve) => {
      hand.finished = resolve;
      tell(hand, { type: "finish" });
    });
  }

  /** Gives waiting batches to the workers with the least to do; starts a worker only when all are busy. */
  #assign(): void {
    while (this.#waiting.length > 0 && !this.#stop.signal.aborted) {
      const hand = this.#leastBusy();
      if (hand === undefined) return;
      const jobs = this.#waiting.shift() ?? [];
      const batch = this.#batchNumber++;
      hand.batches.set(batch, jobs);
      tell(hand, { type: "batch", batch, paths: jobs.map(({ path }) => path) });
    }
  }

  #leastBusy(): Hand | undefined {
    const [least] = [...this.#hands].sort((a, b) => a.batches.size - b.batches.size);
    if (least !== undefined && least.batches.size === 0) return least;
    if (this.#hands.length < this.#size) return this.#hire();
    return least !== undefined && least.batches.size < BATCHES_PER_WORKER ? least : undefined;
  }

  #hire(): Hand {
    const place = this.#hands.length;
    const workerData: WorkerSettings = { ...this.#settings, place };
    const worker = new Worker(new URL("./ingest-worker.js", import.meta.url), {
      workerData,
      // A worker makes little garbage: what it works on is outside the heap.
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    const hand: Hand = { worker, place, batches: new Map() };
    this.#hands.push(hand);
    worker.on("message", (message: FromWorker) => this.#hear(hand, message));
    worker.on("messageerror", (error) => this.#died(messageOf(error), error));
    worker.on("error", (error) => this.#died(messageOf(error), error));
    worker.on("exit", (code) => {
      if (!this.#closed) this.#died(`it ended with code ${code}`);
    });
    return hand;
  }

  #hear(hand: Hand, message: FromWorker): void {
    switch (message.type) {
      case "pack": {
        const taking = this.#take(message.pack).finally(() => this.#taking.delete(taking));
        this.#taking.add(taking);
        break;
      }
      case "done":
        settle(hand.batches.get(message.batch) ?? [], message.results);
        hand.batches.delete(message.batch);
        this.#assign();
        break;
      case "finished":
        hand.finished?.();
        break;
      case "failed":
        this.#stop.fail(revive(message.error));
        break;
    }
  }

  /** Never rejects. */
  async #take(pack: FinishedPack): Promise<void> {
    try {
      await this.#writer.accept(pack);
    } catch (error) {
      this.#stop.fail(error);
    }
    Atomics.add(this.#settings.credits, 0, 1);
    Atomics.notify(this.#settings.credits, 0, 1);
  }

  #died(reason: string, cause?: unknown): void {
    this.#stop.fail(
      new TasticError("internal", `a thread that reads files died: ${reason}`, {
        guidance: "Run again; with `--workers 0` no threads are used.",
        cause,
      }),
    );
  }
}

function tell({ worker }: Hand, message: ToWorker): void {
  worker.postMessage(message);
}

/** Gives every file of a batch its outcome. */
function settle(jobs: readonly Job[], { failures, content, numbers }: BatchResults): void {
  let at = 0;
  jobs.forEach(({ done }, i) => {
    const failure = failures[i];
    if (failure !== undefined) {
      done({ failure });
      return;
    }
    const field = (n: number): number => numbers[i * FIELDS + n] ?? 0;
    const end = at + field(0) * 32;
    const [size, newBlobs, newBytes, storedBytes] = [field(1), field(2), field(3), field(4)];
    done({ file: { content: content.subarray(at, end), size, newBlobs, newBytes, storedBytes } });
    at = end;
  });
}

function revive({ code, message, guidance }: WorkerFailure): TasticError {
  return new TasticError(code, message, guidance === undefined ? {} : { guidance });
}
