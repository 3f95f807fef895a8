/**
 * Repairs and rewrite that end at any of their steps, as if killed there: from one change of the store on, none is made.
 * Nothing that was whole is lost, no snapshot is without itself or its successor, and the next run completes.
 */
import { Repository, repairIndex, repairPacks } from "@tastic/repository";
import {
  check,
  excludeFilter,
  listSnapshots,
  parsePatterns,
  repairSnapshots,
  rewriteSnapshots,
} from "@tastic/snapshots";
import { createFaultStorage, createLocalStorage } from "@tastic/storage";
import type { Storage } from "@tastic/storage";
import type { PackId } from "@tastic/format";
import { beforeAll, expect, it } from "vitest";
import { packsOf } from "./support/damaged-twins.js";
import type { KnownPack } from "./support/damaged-twins.js";
import { makeHistory } from "./support/history.js";
import { describeWithRestic, temporaryFolder, testPassword } from "./support/peers.js";
import { inMemory, readObjects } from "./support/stored-objects.js";
import type { StoredObject } from "./support/stored-objects.js";

const MOST_STEPS = 100;

const open = (storage: Storage): Promise<Repository> => Repository.open(storage, { password: testPassword });

/** How many errors a check finds that reads everything. */
async function errorsIn(storage: Storage): Promise<number> {
  return (await check(await open(storage), { readData: { kind: "all" } })).errorCount;
}

/** The ids of snapshots that are there, or from which one that is there was made. */
async function heirs(storage: Storage): Promise<Set<string>> {
  const snapshots = await listSnapshots(await open(storage));
  return new Set(snapshots.flatMap(({ id, original }) => [id, original ?? id]));
}

describeWithRestic("ended at any step", () => {
  let whole: readonly StoredObject[];
  let packs: readonly KnownPack[];
  beforeAll(async () => {
    const home = await temporaryFolder();
    await makeHistory(`${home}/repo`, `${home}/source`, { backups: 3, files: 4, largest: 20_000 });
    whole = await readObjects(createLocalStorage(`${home}/repo`));
    packs = await packsOf(`${home}/repo`);
  });

  /** @param work what is ended; @param allowed errors that a check may find where it was ended */
  async function endAtEachStep(
    objects: readonly StoredObject[],
    work: (repository: Repository) => Promise<unknown>,
    allowed: number,
  ): Promise<void> {
    const before = objects.filter(({ file }) => file.type === "snapshot").map(({ file }) => file.name);
    for (let step = 1; ; step++) {
      expect(step).toBeLessThan(MOST_STEPS);
      const storage = await inMemory(objects);
      let changes = 0;
      let ended = false;
      const dying = createFaultStorage(storage, (operation) => {
        if (operation !== "save" && operation !== "remove") return undefined;
        if (++changes < step) return undefined;
        ended = true;
        return { kind: "fail" };
      });
      const running = await open(dying);
      await work(running).catch((error: unknown) => {
        if (!ended) throw error;
      });
      expect(await errorsIn(storage), `ended at step ${step}`).toBeLessThanOrEqual(allowed);
      const left = await heirs(storage);
      expect(before.filter((id) => !left.has(id))).toEqual([]);
      await work(await open(storage));
      expect(await errorsIn(storage), `after step ${step}`).toBe(0);
      if (!ended) {
        expect(step).toBeGreaterThan(2);
        return;
      }
    }
  }

  it("repair index", async () => {
    const first = whole.find(({ file }) => file.type === "index");
    const damaged = whole.filter((object) => object !== first);
    const errors = await errorsIn(await inMemory(damaged));
    expect(errors).toBeGreaterThan(0);
    await endAtEachStep(damaged, (repository) => repairIndex(repository), errors);
  });

  it("repair index, all packs read", async () => {
    await endAtEachStep(whole, (repository) => repairIndex(repository, { readAllPacks: true }), 0);
  });

  it("repair packs", async () => {
    const ids = [packs[0]!, packs.find(({ type }) => type === "tree")!].map(({ id }) => id as PackId);
    await endAtEachStep(whole, (repository) => repairPacks(repository, ids), 0);
  });

  it("repair snapshots --forget", async () => {
    const damaged = whole.filter(({ file }) => file.name !== packs[0]!.id);
    const storage = await inMemory(damaged);
    await repairIndex(await open(storage));
    const errors = await errorsIn(storage);
    expect(errors).toBeGreaterThan(0);
    const work = async (repository: Repository): Promise<void> => {
      await repository.loadIndex();
      await repairSnapshots(repository, await listSnapshots(repository), { forget: true });
    };
    await endAtEachStep(await readObjects(storage), work, errors);
  });

  it("rewrite --forget", async () => {
    const patterns = excludeFilter([parsePatterns(["file-1"], { flag: "--exclude" })]);
    const work = async (repository: Repository): Promise<void> => {
      await repository.loadIndex();
      const snapshots = await listSnapshots(repository);
      await rewriteSnapshots(repository, snapshots, { forget: true, filter: { kind: "exclude", patterns } });
    };
    await endAtEachStep(whole, work, 0);
  });
});
