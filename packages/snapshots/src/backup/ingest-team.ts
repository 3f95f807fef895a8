/**
 * Worker threads that read files: hires them, sends their packs on, and gives back outcomes.
 */
import { TasticError, messageOf } from "@tastic/errors";
import type { FinishedPack } from "@tastic/repository";
import { Worker } from "node:worker_threads";
import type { IngestHand, IngestJob, IngestWork } from "./ingest-hand.js";
import { FIELDS } from "./ingest-messages.js";
import type { BatchResults, FromWorker, ToWorker, WorkerFailure, WorkerSettings } from "./ingest-messages.js";
import type { PackShipping } from "./pack-shipping.js";
import type { Stop } from "./stop.js";

export type TeamSettings = Pick<WorkerSettings, "packer" | "chunkerPolynomial">;

export class WorkerTeam {
  readonly #settings: Omit<WorkerSettings, "place">;
  readonly #shipping: PackShipping;
  readonly #stop: Stop;
  readonly #hands: WorkerHand[] = [];
  #closed = false;

  /** @param size how many workers at most */
  constructor(settings: TeamSettings, size: number, shipping: PackShipping, stop: Stop) {
    const bytesRead = new BigInt64Array(new SharedArrayBuffer(8));
    const positions = new Int32Array(new SharedArrayBuffer(4 * size));
    this.#settings = { ...settings, freeSlots: shipping.freeSlots, bytesRead, positions };
    this.#shipping = shipping;
    this.#stop = stop;
  }

  get bytesRead(): number {
    return Number(Atomics.load(this.#settings.bytesRead, 0));
  }

  hire(): IngestHand {
    const settings = { ...this.#settings, place: this.#hands.length };
    const hand = new WorkerHand(settings, {
      pack: (pack) => this.#shipping.sendOf(pack),
      failed: (error) => this.#stop.fail(error),
      ended: (reason, cause) => {
        if (!this.#closed) this.#died(reason, cause);
      },
    });
    this.#hands.push(hand);
    return hand;
  }

  /** Ends all workers, whatever they do. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#hands.map((hand) => hand.terminate()));
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

/** What a worker's hand tells the team. */
interface Ears {
  pack(pack: FinishedPack): void;
  failed(error: TasticError): void;
  ended(reason: string, cause?: unknown): void;
}

class WorkerHand implements IngestHand {
  readonly #worker: Worker;
  readonly #settings: WorkerSettings;
  /** A worker answers them in their order. */
  readonly #given: { readonly work: IngestWork; readonly onDone: () => void }[] = [];
  #finished: () => void = () => undefined;

  constructor(settings: WorkerSettings, ears: Ears) {
    this.#settings = settings;
    this.#worker = new Worker(new URL("./ingest-worker.js", import.meta.url), {
      workerData: settings,
      // A worker makes little garbage: what it works on is outside the heap.
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    this.#worker.on("message", (message: FromWorker) => this.#hear(message, ears));
    this.#worker.on("messageerror", (error) => ears.ended(messageOf(error), error));
    this.#worker.on("error", (error) => ears.ended(messageOf(error), error));
    this.#worker.on("exit", (code) => ears.ended(`it ended with code ${code}`));
  }

  get load(): number {
    return this.#given.length;
  }

  get currentFile(): string | undefined {
    const { positions, place } = this.#settings;
    const work = this.#given[0]?.work;
    if (work?.type === "batch") return work.jobs[positions[place] ?? 0]?.path;
    return work?.type === "part" ? work.part.path : work?.request.path;
  }

  give(work: IngestWork, onDone: () => void): void {
    this.#given.push({ work, onDone });
    if (work.type === "batch") this.#tell({ type: "batch", paths: work.jobs.map(({ path }) => path) });
    else if (work.type === "part") this.#tell({ type: "part", part: work.part });
    else this.#tell({ type: "cut", request: work.request });
  }

  finish(): Promise<void> {
    return new Promise((resolve) => {
      this.#finished = resolve;
      this.#tell({ type: "finish" });
    });
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #tell(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #hear(message: FromWorker, ears: Ears): void {
    switch (message.type) {
      case "pack":
        ears.pack(message.pack);
        break;
      case "done": {
        const given = this.#given.shift();
        if (given?.work.type === "batch") settle(given.work.jobs, message.results);
        if (given?.work.type === "part") settle([given.work], message.results);
        given?.onDone();
        break;
      }
      case "cut": {
        const given = this.#given.shift();
        if (given?.work.type === "cut") given.work.done(message.outcome);
        given?.onDone();
        break;
      }
      case "finished":
        this.#finished();
        break;
      case "failed":
        ears.failed(revive(message.error));
        break;
    }
  }
}

/** Gives every file of a batch its outcome. */
function settle(
  jobs: readonly Pick<IngestJob, "done">[],
  { failures, content, numbers }: BatchResults,
): void {
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
