/**
 * Handing tasks to a worker thread, or to this one in its place. A worker answers its tasks in their order, so that an
 * answer needs no number.
 */
import { TasticError, messageOf } from "@tastic/errors";
import type { ErrorCode } from "@tastic/errors";
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";

/** Whoever does tasks: a worker, or this thread. */
export interface Hand<Task, Answer> {
  /**
   * Rejects with what the task raised; or, for every task that has no answer yet, with what ended the worker.
   * @param transfer memory of the task that the worker gets rather than a copy
   */
  ask(task: Task, transfer?: readonly ArrayBuffer[]): Promise<Answer>;
  /** Ends the worker at once. */
  close(): Promise<void>;
}

/** How a worker replies. */
export type Reply<Answer> = { readonly answer: Answer } | { readonly failure: ReplyFailure };

/** An error on its way between threads, where its class does not survive. */
export interface ReplyFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly guidance: string | undefined;
}

interface Pending<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

export class WorkerHand<Task, Answer> implements Hand<Task, Answer> {
  readonly #worker: Worker;
  readonly #pending: Pending<Answer>[] = [];
  #failure: Error | undefined;

  /** @param settings what the worker finds as its `workerData` */
  constructor(script: URL, settings: unknown) {
    this.#worker = new Worker(script, {
      workerData: settings,
      // A worker makes little garbage: what it works on is outside the heap.
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    this.#worker.on("message", (reply: Reply<Answer>) => this.#hear(reply));
    this.#worker.on("error", (error) => this.#fail(error));
    this.#worker.on("exit", (code) => {
      this.#fail(new TasticError("internal", `a worker ended in the middle of its work (code ${code})`));
    });
  }

  ask(task: Task, transfer: readonly ArrayBuffer[] = []): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#worker.postMessage(task, transfer);
      this.#pending.push({ resolve, reject });
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #hear(reply: Reply<Answer>): void {
    const asked = this.#pending.shift();
    if ("answer" in reply) asked?.resolve(reply.answer);
    else asked?.reject(new TasticError(reply.failure.code, reply.failure.message, guided(reply.failure)));
  }

  #fail(failure: unknown): void {
    const error = failure instanceof Error ? failure : new TasticError("internal", messageOf(failure));
    this.#failure ??= error;
    for (const asked of this.#pending.splice(0)) asked.reject(this.#failure);
  }
}

function guided({ guidance }: ReplyFailure): { guidance?: string } {
  return guidance === undefined ? {} : { guidance };
}

/** This thread, in a worker's place. */
export class InlineHand<Task, Answer> implements Hand<Task, Answer> {
  readonly #work: (task: Task) => Answer;

  constructor(work: (task: Task) => Answer) {
    this.#work = work;
  }

  async ask(task: Task): Promise<Answer> {
    const answer = this.#work(task);
    // Others have their turn: a store that answers at once would let nobody else in.
    await setImmediate();
    return answer;
  }

  async close(): Promise<void> {
    // There is nothing to end.
  }
}
