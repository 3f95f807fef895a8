/**
 * Running work again and again on a store that fails: every call in turn, in every way that a store can fail, until the
 * fault comes too late to be met. Bare, or behind the layers that make a store dependable.
 */
import { createFaultStorage, createRetryStorage, createWatchdogStorage, Gate } from "@tastic/storage";
import type { Fault, Storage, StorageOperation } from "@tastic/storage";
import { isTasticError } from "tastic";
import { expect } from "vitest";
import { FakeClock } from "./fake-clock.js";

/** What stands between the store that fails and the work: nothing, or trying again, with a watch for stuck requests. */
export type Layering = "bare" | "retried";

interface KindOfFault {
  readonly name: string;
  readonly fault: Fault;
  readonly of: readonly StorageOperation[];
}

/**
 * What can befall each operation. A store that says nothing when it saves other bytes, or lists less than it has,
 * cannot be caught by anyone but a check.
 */
const FAULTS: readonly KindOfFault[] = [
  { name: "fails", fault: { kind: "fail" }, of: ["prepare", "save", "load", "list", "remove", "stat"] },
  {
    name: "loses the answer",
    fault: { kind: "fail", when: "after" },
    of: ["prepare", "save", "load", "list", "remove", "stat"],
  },
  { name: "breaks off a listing", fault: { kind: "fail", objects: 1 }, of: ["list"] },
  { name: "is asked twice", fault: { kind: "repeat" }, of: ["save", "load", "list", "remove", "stat"] },
  { name: "loads too little", fault: { kind: "truncate", length: 3 }, of: ["load"] },
  { name: "loads a wrong byte", fault: { kind: "corrupt", offset: -1 }, of: ["load"] },
];

/** Without the watch, a stuck request would be waited for until the end of time, so that it has to come loose. */
const STALLS: Readonly<Record<Layering, KindOfFault>> = {
  bare: {
    name: "stalls",
    fault: { kind: "stall", until: new Promise((resolve) => setImmediate(resolve)) },
    of: ["save", "load", "list", "remove", "stat"],
  },
  retried: { name: "hangs", fault: { kind: "stall" }, of: ["save", "load", "list", "remove", "stat"] },
};

/** Meets the one call `at`, counted over all that the fault can befall; call 0 is nobody's. */
class OneFault {
  /** All calls there were. */
  readonly calls: StorageOperation[] = [];
  /** Such as "load key"; undefined as long as it was not met. */
  met: string | undefined;
  readonly #kind: KindOfFault;
  readonly #at: number;
  readonly #layering: Layering;
  #count = 0;

  constructor(kind: KindOfFault, at: number, layering: Layering) {
    this.#kind = kind;
    this.#at = at;
    this.#layering = layering;
  }

  on(storage: Storage): Storage {
    const faulty = createFaultStorage(storage, (operation, file) => {
      this.calls.push(operation);
      if (!this.#kind.of.includes(operation) || ++this.#count !== this.#at) return undefined;
      this.met = file === undefined ? operation : `${operation} ${file.type}`;
      return this.#kind.fault;
    });
    if (this.#layering === "bare") return faulty;
    const clock = new FakeClock();
    const watched = createWatchdogStorage(faulty, { timeout: 300_000, clock });
    return createRetryStorage(watched, { clock, random: () => 0.5 });
  }
}

/** One run of the work: how it ended, and what has to hold afterwards. */
export interface FaultyRun {
  readonly finished: Promise<unknown>;
  /** @param error what it ended with, or undefined where it succeeded */
  judge(error: unknown): Promise<void>;
}

/** How many faults were met, and how many of them ended the work. */
export interface FaultCount {
  cases: number;
  failed: number;
}

/** So many runs at a time: most of their time is the wait for a lock. */
const ABREAST = 16;

/**
 * Begins the work with each fault at each call that it can befall, until one run was not met. Whatever fails has to fail
 * with an error of tastic, which has a code, a message and guidance; behind the layers, where one fault passes, nothing
 * may fail.
 */
export async function withEachFault(
  layering: Layering,
  begin: (onFaulty: (storage: Storage) => Storage) => Promise<FaultyRun>,
): Promise<FaultCount> {
  const count: FaultCount = { cases: 0, failed: 0 };
  const wrong: string[] = [];
  const meet = async (kind: KindOfFault, at: number): Promise<Result> => {
    const result = await once(kind, at, layering, begin);
    if (result.met) count.cases++;
    if (result.met && result.failed) count.failed++;
    if (result.problem !== undefined) wrong.push(result.problem);
    return result;
  };
  const kinds = [...FAULTS, STALLS[layering]];
  // None of the calls of a run without a fault has to wait for another to be met.
  const { calls } = await meet(kinds[0]!, 0);
  const abreast = new Gate(ABREAST);
  await Promise.all(
    kinds.map(async (kind) => {
      const known = calls.filter((operation) => kind.of.includes(operation)).length;
      const meetAt = (at: number) => abreast.pass(() => meet(kind, at), kind.name);
      await Promise.all(Array.from({ length: known }, (_, i) => meetAt(i + 1)));
      // As runs are not all the same, there may be more.
      for (let at = known + 1; (await meetAt(at)).met; at++);
    }),
  );
  // All of them, since what they have in common tells more than the first.
  expect(wrong.join("\n")).toBe("");
  return count;
}

interface Result {
  /** All calls there were. */
  readonly calls: readonly StorageOperation[];
  readonly met: boolean;
  readonly failed: boolean;
  /** What does not hold. */
  readonly problem: string | undefined;
}

async function once(
  kind: KindOfFault,
  at: number,
  layering: Layering,
  begin: (onFaulty: (storage: Storage) => Storage) => Promise<FaultyRun>,
): Promise<Result> {
  const fault = new OneFault(kind, at, layering);
  const run = await begin((storage) => fault.on(storage));
  const error: unknown = await run.finished.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const met = fault.met !== undefined;
  const result = { calls: fault.calls, met, failed: error !== undefined };
  const problem = (text: string): Result => {
    const where = `${layering}, ${kind.name} at call ${at}${met ? `, ${fault.met}` : ""}`;
    return { ...result, problem: `${where}: ${text}` };
  };
  if (error !== undefined) {
    const said = isTasticError(error) && error.message !== "" && (error.guidance ?? "") !== "";
    if (!met || !said || layering === "retried") return problem(`it ended with ${describeError(error)}`);
  }
  try {
    if (met) await run.judge(error);
  } catch (cause) {
    return problem(`after ${describeError(error)}, ${describeError(cause)}`);
  }
  return { ...result, problem: undefined };
}

function describeError(error: unknown): string {
  if (error === undefined) return "success";
  return error instanceof Error ? `${error.name}: ${error.message}` : JSON.stringify(error);
}
