/**
 * prune and copy on a store that fails: every call in turn, in every way that a store can fail and say so. Whatever
 * happens, restic finds no damage and all snapshots, and the next run completes.
 */
import { beforeAll, expect, it } from "vitest";
import { Repository } from "@tastic/repository";
import { copy, listSnapshots, prune } from "@tastic/snapshots";
import { createFaultStorage, createLocalStorage } from "@tastic/storage";
import type { Fault, Storage, StorageOperation } from "@tastic/storage";
import { isTasticError } from "tastic";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { removeFolder } from "./support/folders.js";
import { forgetAllBut, makeHistory } from "./support/history.js";
import { describeWithRestic, runRestic, succeed, temporaryFolder, testPassword } from "./support/peers.js";
import { describeState, inMemory, onDisk, readObjects } from "./support/stored-objects.js";
import type { StoredObject } from "./support/stored-objects.js";

/**
 * What can befall each operation. A store that says nothing when it saves other bytes, or lists less than it has,
 * cannot be caught by anyone but a check.
 */
const FAULTS: readonly {
  readonly name: string;
  readonly fault: Fault;
  readonly of: readonly StorageOperation[];
}[] = [
  { name: "fails", fault: { kind: "fail" }, of: ["save", "load", "list", "remove", "stat"] },
  {
    name: "loses the answer",
    fault: { kind: "fail", when: "after" },
    of: ["save", "load", "list", "remove"],
  },
  {
    name: "stalls",
    fault: { kind: "stall", until: Promise.resolve() },
    of: ["save", "load", "list", "remove"],
  },
  { name: "loads too little", fault: { kind: "truncate", length: 3 }, of: ["load"] },
  { name: "loads a wrong byte", fault: { kind: "corrupt", offset: -1 }, of: ["load"] },
];

/** Meets the one call `at`, counted over all operations, with the fault, if it is of an operation that can have it. */
class OneFault {
  calls = 0;
  met = false;
  readonly #at: number;
  readonly #fault: Fault;
  readonly #of: readonly StorageOperation[];

  constructor(at: number, fault: Fault, of: readonly StorageOperation[]) {
    this.#at = at;
    this.#fault = fault;
    this.#of = of;
  }

  on(storage: Storage): Storage {
    return createFaultStorage(storage, (operation) => {
      if (++this.calls !== this.#at || !this.#of.includes(operation)) return undefined;
      this.met = true;
      return this.#fault;
    });
  }
}

describeWithRestic("with a store that fails", () => {
  let home: string;
  let objects: readonly StoredObject[];
  let emptyObjects: readonly StoredObject[];
  /** How restic judged states, by description. */
  const judged = new Map<string, Promise<void>>();
  let judgements = 0;

  beforeAll(async () => {
    home = await temporaryFolder();
    const repo = `${home}/repo`;
    await makeHistory(repo, `${home}/source`, { backups: 4, files: 5, largest: 20_000 });
    await forgetAllBut(repo, 2);
    await makeCheapRepository(`${home}/empty`);
    objects = await readObjects(createLocalStorage(repo));
    emptyObjects = await readObjects(createLocalStorage(`${home}/empty`));
  });

  async function judge(before: readonly StoredObject[], storage: Storage, snapshots: number): Promise<void> {
    const now = await readObjects(storage);
    expect(now.filter(({ file }) => file.type === "snapshot").length).toBeGreaterThanOrEqual(snapshots);
    const state = describeState(before, now);
    let verdict = judged.get(state);
    if (verdict === undefined) judged.set(state, (verdict = askRestic(now)));
    await verdict;
  }

  async function askRestic(now: readonly StoredObject[]): Promise<void> {
    const folder = `${home}/judged-${judgements++}`;
    await onDisk(folder, now);
    succeed(await runRestic(["check", "--read-data", "--no-cache", "--no-lock"], { repo: folder }));
    await removeFolder(folder);
  }

  const open = (storage: Storage): Promise<Repository> =>
    Repository.open(storage, { password: testPassword });

  /** Runs `work` with each fault at each call until the run is untouched; returns the number of cases. */
  async function withEachFault(
    work: (fault: OneFault) => Promise<{ finished: Promise<unknown>; readonly judge: () => Promise<void> }>,
  ): Promise<{ cases: number; failed: number }> {
    const count = { cases: 0, failed: 0 };
    for (const { name, fault, of } of FAULTS) {
      for (let at = 1; ; at++) {
        const one = new OneFault(at, fault, of);
        const { finished, judge: judgeNow } = await work(one);
        const error: unknown = await finished.then(
          () => undefined,
          (reason: unknown) => reason,
        );
        if (one.calls < at) {
          expect(error, `${name}: untouched`).toBeUndefined();
          break;
        }
        if (!one.met) continue;
        count.cases++;
        if (error !== undefined) {
          count.failed++;
          expect(isTasticError(error), `${name} at call ${at}: ${describeError(error)}`).toBe(true);
        }
        await judgeNow().catch((cause: unknown) => {
          throw new Error(`${name} at call ${at}, which ended with ${describeError(error)}`, { cause });
        });
      }
    }
    return count;
  }

  it("prune loses nothing, and the next one completes", { timeout: 180_000 }, async () => {
    const limits = { maxUnused: { kind: "bytes", bytes: 0 } } as const;
    const { cases, failed } = await withEachFault(async (fault) => {
      const storage = await inMemory(objects);
      return {
        finished: open(fault.on(storage)).then((repository) => prune(repository, limits)),
        async judge() {
          await judge(objects, storage, 2);
          const { stats } = await prune(await open(storage), limits);
          await judge(objects, storage, 2);
          const { duplicate, unused, remove, repackRemove } = stats.blobs;
          expect(duplicate + unused - remove - repackRemove).toBe(0);
        },
      };
    });
    console.log(`prune: ${cases} faults, of which ${failed} ended it; ${judged.size} states for restic`);
    expect(failed).toBeGreaterThan(20);
    expect(failed).toBeLessThan(cases);
  });

  it.each(["source", "destination"] as const)(
    "copy loses nothing, and the next one completes: the %s",
    { timeout: 180_000 },
    async (side) => {
      judged.clear();
      const run = async (from: Storage, to: Storage): Promise<number> => {
        const [source, destination] = [await open(from), await open(to)];
        const [snapshots, existing] = [await listSnapshots(source), await listSnapshots(destination)];
        await source.loadIndex();
        await destination.loadIndex();
        const result = await copy(source, destination, snapshots, existing);
        expect(result.snapshotsCopied + result.snapshotsSkipped).toBe(2);
        return result.snapshotsCopied;
      };
      const { cases, failed } = await withEachFault(async (fault) => {
        const [from, to] = [await inMemory(objects), await inMemory(emptyObjects)];
        const faulty = side === "source" ? ([fault.on(from), to] as const) : ([from, fault.on(to)] as const);
        return {
          finished: run(...faulty),
          async judge() {
            await judge(emptyObjects, to, 0);
            await run(from, to);
            await judge(emptyObjects, to, 2);
            expect(await run(from, to)).toBe(0);
          },
        };
      });
      console.log(
        `copy, ${side}: ${cases} faults, of which ${failed} ended it; ${judged.size} states for restic`,
      );
      expect(failed).toBeGreaterThan(10);
      expect(failed).toBeLessThan(cases);
    },
  );
});

function describeError(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : JSON.stringify(error);
}
