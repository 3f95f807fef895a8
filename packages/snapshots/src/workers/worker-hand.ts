/**
 * Handing tasks to a worker thread, or to this one in its place. A worker answers its tasks in their order, so that an
 * answer needs no number.
 */
import { TasticError, messageOf } from "@tastic/errors";
import type { ErrorCode } from "@tastic/errors";
import { setImmediate } from "node:timers/promises";
import { types } from "node:util";
import { Worker } from "node:worker_threads";

/** Whoever does tasks: a worker, or this thread. */
export interface Hand<Task, Answer> {
  /**
   * Rejects with what the task raised; or, for every task that has no answer yet, with what ended the worker.
   * @param transfer memory of the task that the worker gets rather than a copy
   */
  ask(task: Task, transfer?: readonly ArrayBuffer[]): Promise<Answer>;
}

/** What a worker is told: first what it is to work with, then its tasks. */
export type Order<Task> = { readonly settings: unknown } | { readonly task: Task };

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

  /** The worker starts; `begin` has to come before its first task. */
  constructor(script: URL) {
    this.#worker = new Worker(script, {
      // A worker makes little garbage: what it works on is outside the heap.
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    this.#worker.on("message", (reply: Reply<Answer>) => this.#hear(reply));
    this.#worker.on("error", (error) => this.#fail(error));
    this.#worker.on("exit", (code) => {
      this.#fail(new TasticError("internal", `a worker ended in the middle of its work (code ${code})`));
    });
  }

  /** @param settings what `serveTasks` of the worker gets */
  begin(settings: unknown): void {
    this.#tell({ settings });
  }

  ask(task: Task, transfer: readonly ArrayBuffer[] = []): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#tell({ task }, transfer);
      this.#pending.push({ resolve, reject });
    });
  }

  /** Ends the worker at once. */
  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #tell(order: Order<Task>, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(order, transfer);
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

/** A task that is done in steps: it yields wherever others may have their turn, and returns its answer. */
export type Steps<Answer> = Generator<undefined, Answer, undefined>;

/** Does a task, all at once or in steps. */
export type Work<Task, Answer> = (task: Task) => Answer | Steps<Answer>;

/** Does a task without a pause. */
export function doAtOnce<Task, Answer>(work: Work<Task, Answer>, task: Task): Answer {
  const done = work(task);
  if (!isSteps(done)) return done;
  for (;;) {
    const step = done.next();
    if (step.done === true) return step.value;
  }
}

function isSteps<Answer>(done: Answer | Steps<Answer>): done is Steps<Answer> {
  return types.isGeneratorObject(done);
}

/**
 * After this many milliseconds of one task others have their turn. To load what a worker does next takes several turns,
 * and it must not wait for that.
 */
const TURN_MS = 2;

/** This thread, in a worker's place. As a worker, it does one task after the other. */
export class InlineHand<Task, Answer> implements Hand<Task, Answer> {
  readonly #work: Work<Task, Answer>;
  #last: Promise<unknown> = Promise.resolve();

  constructor(work: Work<Task, Answer>) {
    this.#work = work;
  }

  ask(task: Task): Promise<Answer> {
    const answer = this.#last.then(() => this.#do(task));
    // Whoever asked hears of a failure; the next task has nothing to do with it.
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async #do(task: Task): Promise<Answer> {
    const done = this.#work(task);
    const answer = isSteps(done) ? await takeTurns(done) : done;
    // Others have their turn: a store that answers at once would let nobody else in.
    await setImmediate();
    return answer;
  }
}

async function takeTurns<Answer>(steps: Steps<Answer>): Promise<Answer> {
  for (;;) {
    const end = performance.now() + TURN_MS;
    do {
      const step = steps.next();
      if (step.done === true) return step.value;
    } while (performance.now() < end);
    await setImmediate();
  }
}
