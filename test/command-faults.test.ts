/**
 * The commands that write or judge, on a store that fails: every call in turn, in every way that a store can fail.
 * Whatever happens, restic finds no damage and restores what was committed, and the next run completes. Behind the
 * layers that the command puts around a store, a fault that passes ends nothing.
 */

import { parseId, type SnapshotId } from "@tastic/format";
import { Repository } from "@tastic/repository";
import { backup, check, copy, forget, listSnapshots, prune, restore } from "@tastic/snapshots";
import { createLocalStorage, createMemoryStorage, type Storage } from "@tastic/storage";
import { TasticError } from "tastic";
import { beforeAll, expect, it } from "vitest";
import { sampleBytes } from "./support/bytes.js";
import { makeCheapRepository } from "./support/cheap-repository.js";
import { withEachFault, type FaultCount, type FaultyRun, type Layering } from "./support/every-fault.js";
import { forgetAllBut, makeHistory } from "./support/history.js";
import { describeWithRestic, runRestic, succeed, temporaryFolder, testPassword } from "./support/peers.js";
import { resticJudge, type Committed, type ResticJudge } from "./support/restic-judge.js";
import { inMemory, readObjects, type StoredObject } from "./support/stored-objects.js";
import { treeOf, writeFiles } from "./support/trees.js";

const LAYERINGS: readonly Layering[] = ["bare", "retried"];
const SLOW = { timeout: 180_000 };

describeWithRestic("on a store that fails", () => {
  let home: string;
  let source: string;
  let objects: readonly StoredObject[];
  let emptyObjects: readonly StoredObject[];
  /** The newest snapshot, which nobody removes. */
  let committed: Committed;
  let judge: ResticJudge;

  beforeAll(async () => {
    // So many locks at once are held by this process.
    process.setMaxListeners(0);
    home = await temporaryFolder();
    source = `${home}/source`;
    const repo = `${home}/repo`;
    await makeHistory(repo, source, { backups: 4, files: 5, largest: 20_000 });
    const { stdout } = succeed(await runRestic(["snapshots", "--json", "--no-cache", "latest"], { repo }));
    const [latest] = JSON.parse(stdout) as { id: string }[];
    committed = { id: latest!.id, folder: source, tree: await treeOf(source) };
    await forgetAllBut(repo, 2);
    await makeCheapRepository(`${home}/empty`);
    objects = await readObjects(createLocalStorage(repo));
    emptyObjects = await readObjects(createLocalStorage(`${home}/empty`));
  });

  async function report(command: string, layering: Layering, counting: Promise<FaultCount>): Promise<void> {
    const { cases, failed } = await counting;
    console.log(
      `${command}, ${layering}: ${cases} faults, of which ${failed} ended it; ${judge.states} states for restic`,
    );
    expect(cases).toBeGreaterThan(15);
    expect(failed).toBeLessThan(cases);
    if (layering === "bare") expect(failed).toBeGreaterThan(5);
    else expect(failed).toBe(0);
  }

  /** Runs on a store with what is in `before`, under a lock; `again` judges the next run, on what is left. */
  async function begin<T>(
    before: readonly StoredObject[],
    onFaulty: (storage: Storage) => Storage,
    run: (storage: Storage) => Promise<T>,
    again: (left: Storage, result: T | undefined) => Promise<void>,
  ): Promise<FaultyRun> {
    const storage = await inMemory(before);
    let result: T | undefined;
    return {
      finished: run(onFaulty(storage)).then((value) => (result = value)),
      async judge() {
        const left = await judge.judge(before, storage, before === objects ? committed : undefined);
        await again(await inMemory(left), result);
      },
    };
  }

  it.each(LAYERINGS)("init makes all or nothing, %s", SLOW, async (layering) => {
    judge = await resticJudge();
    const init = (storage: Storage) =>
      Repository.init(storage, { password: testPassword, scrypt: { N: 16, r: 1, p: 1 } });
    const counting = withEachFault(layering, async (onFaulty) => {
      const storage = createMemoryStorage();
      return {
        finished: init(onFaulty(storage)),
        async judge(error) {
          const isThere = (await readObjects(storage)).length > 0;
          if (error === undefined) expect(isThere).toBe(true);
          if (!isThere) await init(storage);
          await judge.judge([], storage);
        },
      };
    });
    await report("init", layering, counting);
  });

  it.each(LAYERINGS)("backup keeps what is there, and the next one completes, %s", SLOW, async (layering) => {
    judge = await resticJudge();
    await writeFiles(source, { "new/a": sampleBytes(30_000, 77), "new/b": "b", "0/file-1": "changed" });
    const tree = await treeOf(source);
    const run = (storage: Storage): Promise<SnapshotId> =>
      underLock(storage, false, async (repository, signal) => {
        await repository.loadIndex();
        const options = { targets: [source], programVersion: "test", workers: 0, signal };
        const { snapshotId, errorCount } = await backup(repository, options);
        if (errorCount > 0) throw told("incomplete", "at least one source file could not be read");
        return parseId<SnapshotId>(snapshotId ?? "", "the snapshot");
      });
    const counting = withEachFault(layering, (onFaulty) =>
      begin(objects, onFaulty, run, async (left, id) => {
        if (id !== undefined) await judge.judge(objects, left, { id, folder: source, tree });
        const next = await run(left);
        await judge.judge(objects, left, { id: next, folder: source, tree });
      }),
    );
    await report("backup", layering, counting);
  });

  it.each(LAYERINGS)("restore says what it did not restore, %s", SLOW, async (layering) => {
    judge = await resticJudge();
    const targets = await temporaryFolder();
    let runs = 0;
    const run = (storage: Storage, target: string): Promise<void> =>
      underLock(storage, false, async (repository, signal) => {
        await repository.loadIndex();
        const { tree } = await repository.loadSnapshot(parseId<SnapshotId>(committed.id, "the snapshot"));
        const options = { target, workers: 0, signal };
        const { errorCount } = await restore(repository, { treeId: tree, subfolder: source }, options);
        if (errorCount > 0) throw told("incomplete", `There were ${errorCount} errors`);
        expect(await treeOf(target)).toEqual(committed.tree);
      });
    const counting = withEachFault(layering, (onFaulty) => {
      const target = `${targets}/${runs++}`;
      return begin(
        objects,
        onFaulty,
        (storage) => run(storage, target),
        (left) => run(left, target),
      );
    });
    await report("restore", layering, counting);
    expect(judge.states).toBe(1);
  });

  it.each(LAYERINGS)("check does not call sound what it has not seen, %s", SLOW, async (layering) => {
    judge = await resticJudge();
    const run = (storage: Storage): Promise<void> =>
      underLock(storage, true, async (repository, signal) => {
        const messages: string[] = [];
        const { errorCount } = await check(repository, {
          readData: { kind: "all" },
          workers: 0,
          signal,
          onEvent: (event) => event.type === "error" && messages.push(event.message),
        });
        expect(messages.length).toBe(errorCount);
        if (errorCount > 0) throw told("damaged-repository", messages.join("\n"));
      });
    const counting = withEachFault(layering, (onFaulty) => begin(objects, onFaulty, run, run));
    await report("check", layering, counting);
    expect(judge.states).toBe(1);
  });

  const limits = { maxUnused: { kind: "bytes", bytes: 0 } } as const;

  it.each(LAYERINGS)("forget removes no more than it says, %s", SLOW, async (layering) => {
    judge = await resticJudge();
    const run = (storage: Storage): Promise<number> =>
      underLock(storage, true, async (repository, signal) => {
        const { removed, failed } = await forget(repository, { policy: { counts: { last: 1 } }, signal });
        if (failed.length > 0) throw told("incomplete", "failed to remove one or more snapshots");
        if (removed.length > 0)
          await prune(repository, { ...limits, ignoreSnapshots: new Set(removed), signal });
        return removed.length;
      });
    const counting = withEachFault(layering, (onFaulty) =>
      begin(objects, onFaulty, run, async (left, removed) => {
        const next = await run(left);
        if (removed !== undefined) expect(removed + next).toBe(1);
        await judge.judge(objects, left, committed);
        expect(await snapshotsIn(left)).toEqual([committed.id]);
      }),
    );
    await report("forget --prune", layering, counting);
  });

  it.each(LAYERINGS)("prune loses nothing, and the next one completes, %s", SLOW, async (layering) => {
    judge = await resticJudge();
    const run = (storage: Storage) =>
      underLock(storage, true, (repository, signal) => prune(repository, { ...limits, signal }));
    const counting = withEachFault(layering, (onFaulty) =>
      begin(objects, onFaulty, run, async (left) => {
        const { stats } = await run(left);
        await judge.judge(objects, left, committed);
        expect(await snapshotsIn(left)).toHaveLength(2);
        const { duplicate, unused, remove, repackRemove } = stats.blobs;
        expect(duplicate + unused - remove - repackRemove).toBe(0);
      }),
    );
    await report("prune", layering, counting);
  });

  it.each(
    LAYERINGS.flatMap((layering) =>
      (["source", "destination"] as const).map((side) => [side, layering] as const),
    ),
  )("copy loses nothing, and the next one goes on: the %s, %s", SLOW, async (side, layering) => {
    judge = await resticJudge();
    const run = (from: Storage, to: Storage): Promise<number> =>
      underLock(from, false, (source) =>
        underLock(to, false, async (destination, signal) => {
          const [snapshots, existing] = [await listSnapshots(source), await listSnapshots(destination)];
          await source.loadIndex();
          await destination.loadIndex();
          const result = await copy(source, destination, snapshots, existing, { signal });
          expect(result.snapshotsCopied + result.snapshotsSkipped).toBe(2);
          return result.snapshotsCopied;
        }),
      );
    const counting = withEachFault(layering, async (onFaulty) => {
      const other = await inMemory(side === "source" ? emptyObjects : objects);
      if (side === "destination") {
        return begin(
          emptyObjects,
          onFaulty,
          (to) => run(other, to),
          async (left) => {
            const from = await inMemory(objects);
            await run(from, left);
            await judge.judge(emptyObjects, left);
            expect(await run(from, left)).toBe(0);
          },
        );
      }
      return begin(
        objects,
        onFaulty,
        (from) => run(from, other),
        async (from) => {
          const to = await inMemory(await judge.judge(emptyObjects, other));
          await run(from, to);
          await judge.judge(emptyObjects, to);
          expect(await run(from, to)).toBe(0);
        },
      );
    });
    await report(`copy, ${side}`, layering, counting);
  });
});

/** Opens the repository and holds a lock for as long as the work takes, as commands do. */
async function underLock<T>(
  storage: Storage,
  exclusive: boolean,
  work: (repository: Repository, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const repository = await Repository.open(storage, { password: testPassword });
  const lock = await repository.lock({ exclusive });
  try {
    return await work(repository, lock.signal);
  } finally {
    await lock.release();
  }
}

async function snapshotsIn(storage: Storage): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of storage.list("snapshot")) names.push(name);
  return names.sort();
}

/** What the command makes of errors that were told of one by one. */
function told(code: "incomplete" | "damaged-repository", message: string): TasticError {
  return new TasticError(code, message, { guidance: "See what was told." });
}
