/**
 * Reading files on worker threads: shares out the work in batches, takes their packs, and gives back outcomes.
 */
import { TasticError, messageOf } from "@tastic/errors";
import type { ErrorCode } from "@tastic/errors";
import type { FinishedPack, RepositoryWriter } from "@tastic/repository";
import { Worker } from "node:worker_threads";
import { FIELDS } from "./ingest-messages.js";
import type { BatchResults, FromWorker, ToWorker, WorkerSettings } from "./ingest-messages.js";
import type { Ingest, IngestOutcome } from "./ingest.js";

/** A batch is sent when it is worth a message: so many files, or so many bytes. */
const BATCH_FILES = 128;
const BATCH_BYTES = 4 << 20;
/** Batches that a worker has at a time: one to work on, one so that it need not wait for the next. */
const BATCHES_PER_WORKER = 2;

interface Job {
  readonly path: string;
  readonly resolve: (outcome: IngestOutcome) => void;
  readonly reject: (error: unknown) => void;
}

interface Hand {
  readonly worker: Worker;
  readonly batches: Map<number, readonly Job[]>;
  finished?: () => void;
}

export class IngestPool implements Ingest {
  readonly #settings: WorkerSettings;
  readonly #writer: RepositoryWriter;
  readonly #size: number;
  readonly #hands: Hand[] = [];
  readonly #waiting: (readonly Job[])[] = [];
  #batch: Job[] = [];
  #batchBytes = 0;
  #batchNumber = 0;
  #failure: Error | undefined;

  constructor(
    settings: Pick<WorkerSettings, "packer" | "chunkerPolynomial">,
    writer: RepositoryWriter,
    size: number,
  ) {
    const credits = new Int32Array(new SharedArrayBuffer(4));
    credits[0] = size + 1;
    this.#settings = { ...settings, credits, bytesRead: new BigInt64Array(new SharedArrayBuffer(8)) };
    this.#writer = writer;
    this.#size = size;
  }

  get bytesRead(): number {
    return Number(Atomics.load(this.#settings.bytesRead, 0));
  }

  get currentFiles(): readonly string[] {
    return this.#hands.flatMap(({ batches }) => {
      const [first] = batches.values();
      return first?.[0] === undefined ? [] : [first[0].path];
    });
  }

  file(path: string, size: number): Promise<IngestOutcome> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#batch.push({ path, resolve, reject });
      this.#batchBytes += size;
      if (this.#batch.length >= BATCH_FILES || this.#batchBytes >= BATCH_BYTES) this.push();
    });
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
    if (this.#failure !== undefined) throw this.#failure;
  }

  async close(): Promise<void> {
    await Promise.all(this.#hands.map(({ worker }) => worker.terminate()));
  }

  #finishHand(hand: Hand): Promise<void> {
    return new Promise((resolve) => {
      if (this.#failure !== undefined) {
        resolve();
        return;
      }
      hand.finished = resolve;
      this.#tell(hand, { type: "finish" });
    });
  }

  /** Gives waiting batches to the workers with the least to do; starts a worker only when all are busy. */
  #assign(): void {
    while (this.#waiting.length > 0 && this.#failure === undefined) {
      const hand = this.#leastBusy();
      if (hand === undefined) return;
      const jobs = this.#waiting.shift() ?? [];
      const batch = this.#batchNumber++;
      hand.batches.set(batch, jobs);
      this.#tell(hand, { type: "batch", batch, paths: jobs.map(({ path }) => path) });
    }
  }

  #leastBusy(): Hand | undefined {
    const [least] = [...this.#hands].sort((a, b) => a.batches.size - b.batches.size);
    if (least !== undefined && least.batches.size === 0) return least;
    if (this.#hands.length < this.#size) return this.#hire();
    return least !== undefined && least.batches.size < BATCHES_PER_WORKER ? least : undefined;
  }

  #hire(): Hand {
    const worker = new Worker(new URL("./ingest-worker.js", import.meta.url), {
      workerData: this.#settings,
      // A worker makes little garbage: what it works on is outside the heap.
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    const hand: Hand = { worker, batches: new Map() };
    this.#hands.push(hand);
    worker.on("message", (message: FromWorker) => this.#hear(hand, message));
    worker.on("error", (error) => this.#fail(error));
    worker.on("exit", (code) => {
      if (hand.batches.size > 0 || hand.finished !== undefined) {
        this.#fail(
          new TasticError("internal", `a reading worker ended in the middle of its work (code ${code})`),
        );
      }
    });
    return hand;
  }

  #tell(hand: Hand, message: ToWorker): void {
    hand.worker.postMessage(message);
  }

  #hear(hand: Hand, message: FromWorker): void {
    switch (message.type) {
      case "pack":
        void this.#take(message.pack);
        break;
      case "done":
        settle(hand.batches.get(message.batch) ?? [], message.results);
        hand.batches.delete(message.batch);
        this.#assign();
        break;
      case "finished":
        hand.finished?.();
        delete hand.finished;
        break;
      case "failed":
        this.#fail(revive(message.error));
        break;
    }
  }

  async #take(pack: FinishedPack): Promise<void> {
    try {
      await this.#writer.accept(pack);
    } catch (error) {
      this.#fail(error);
    }
    Atomics.add(this.#settings.credits, 0, 1);
    Atomics.notify(this.#settings.credits, 0, 1);
  }

  /** Ends everything: whoever waits for a file learns why. */
  #fail(failure: unknown): void {
    if (this.#failure !== undefined) return;
    const error = failure instanceof Error ? failure : new TasticError("internal", messageOf(failure));
    this.#failure = error;
    const jobs = [
      ...this.#hands.flatMap(({ batches }) => [...batches.values()].flat()),
      ...this.#waiting.flat(),
      ...this.#batch,
    ];
    for (const { reject } of jobs) reject(error);
    for (const hand of this.#hands) {
      hand.batches.clear();
      hand.finished?.();
      delete hand.finished;
    }
  }
}

/** Gives every file of a batch its outcome. */
function settle(jobs: readonly Job[], { failures, content, numbers }: BatchResults): void {
  let at = 0;
  jobs.forEach(({ resolve }, i) => {
    const failure = failures[i];
    if (failure !== undefined) {
      resolve({ failure });
      return;
    }
    const [chunks = 0, size = 0, newBlobs = 0, newBytes = 0, storedBytes = 0] = numbers.subarray(i * FIELDS);
    const end = at + chunks * 32;
    resolve({ file: { content: content.subarray(at, end), size, newBlobs, newBytes, storedBytes } });
    at = end;
  });
}

function revive(error: unknown): unknown {
  if (typeof error !== "object" || error === null || !("message" in error) || !("code" in error))
    return error;
  const { code, message } = error;
  const guidance =
    "guidance" in error && typeof error.guidance === "string" ? { guidance: error.guidance } : {};
  return new TasticError(code as ErrorCode, String(message), guidance);
}
