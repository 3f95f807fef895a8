import { nodeCrypto } from "@tastic/crypto";
import { TasticError } from "@tastic/errors";
import { decodeIndex, idFromBytes, type BlobId, type IndexId } from "@tastic/format";
import {
  DATA,
  INDEX_FULL_AGE_MS,
  INDEX_FULL_BLOBS,
  MIN_PACK_SIZE,
  Packer,
  Repository,
  type FinishedPack,
} from "@tastic/repository";
import { createFaultStorage, createMemoryStorage, type Fault, type FaultPlan } from "@tastic/storage";
import { afterEach, describe, expect, it, vi } from "vitest";
import { sampleBytes } from "../../../test/support/bytes.js";
import { addBlob, failure, makeRepository, namesOf, password, reopen } from "./support.js";

afterEach(() => {
  vi.useRealTimers();
});

/** A repository in memory whose storage meets these faults, in packs of the smallest size. */
async function repositoryWith(plan: FaultPlan, connections = 2) {
  const inner = createMemoryStorage();
  await makeRepository(inner);
  const storage = { ...createFaultStorage(inner, plan), connections };
  const repository = await Repository.open(storage, { password, packSize: MIN_PACK_SIZE });
  return { inner, storage, repository };
}

/** A complete pack of one blob. */
function makePack(repository: Repository, seed: number): FinishedPack {
  const packer = new Packer(
    { ...repository.packerSettings, packSize: 1 },
    repository.crypto,
    repository.zstd,
  );
  const bytes = sampleBytes(1000, seed);
  packer.add("data", nodeCrypto.sha256(bytes), bytes);
  const pack = packer.takeFinished();
  if (pack === undefined) throw new Error("no pack");
  return pack;
}

/** The packs that an index file lists, and how many blobs. */
async function readIndex(repository: Repository, id: IndexId) {
  const packs: string[] = [];
  let blobs = 0;
  const json = await repository.loadUnpacked("index", id);
  decodeIndex(json, { pack: (pack) => packs.push(idFromBytes(pack)), blob: () => blobs++ }, "index");
  return { packs, blobs };
}

/** All listed packs are stored. Returns how many. */
async function listedPacks(repository: Repository): Promise<number> {
  const stored = await namesOf(repository.storage, "pack");
  const listed = new Set<string>();
  for (const id of await repository.list<IndexId>("index")) {
    for (const pack of (await readIndex(repository, id)).packs) listed.add(pack);
  }
  for (const pack of listed) expect(stored).toContain(pack);
  return listed.size;
}

/** A promise that others settle. */
function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** Lets all that can happen happen. */
const rest = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

const onPacks =
  (fault: (n: number) => Fault | undefined): FaultPlan =>
  (operation, file, n) =>
    operation === "save" && file?.type === "pack" ? fault(n) : undefined;

describe("a writer", () => {
  it("stores packs, then the index that lists them", async () => {
    const saved: string[] = [];
    const { inner, repository } = await repositoryWith((operation, file) => {
      if (operation === "save") saved.push(file?.type ?? "");
      return undefined;
    });
    const writer = repository.createWriter();
    const ids: BlobId[] = [];
    for (let i = 0; i < 9; i++) ids.push(await addBlob(writer, "data", sampleBytes(1 << 20, i)));
    await addBlob(writer, "tree", Buffer.from("{}"));
    expect(await namesOf(inner, "index")).toEqual([]);
    await writer.flush();
    expect(saved).toEqual(["pack", "pack", "pack", "pack", "index"]);
    expect(await listedPacks(repository)).toBe(4);
    const reader = await reopen(inner);
    for (const id of ids) expect((await reader.loadBlob("data", id)).length).toBe(1 << 20);
    // Nothing is left to write.
    await writer.flush();
    expect(saved.length).toBe(5);
  });

  it("adds only what is new, and says so", async () => {
    const { repository } = await repositoryWith(() => undefined);
    const writer = repository.createWriter();
    const bytes = sampleBytes(1000);
    const id = nodeCrypto.sha256(bytes);
    expect(await writer.add("data", id, bytes)).toEqual({ isNew: true, storedLength: 1032 });
    expect(await writer.add("data", id, bytes)).toEqual({ isNew: false, storedLength: 0 });
    await writer.flush();
    expect((await writer.add("data", id, bytes)).isNew).toBe(false);
    const again = (await reopen(repository.storage)).createWriter();
    expect((await again.add("data", id, bytes)).isNew).toBe(false);
    await again.flush();
    expect((await namesOf(repository.storage, "pack")).length).toBe(1);
  });

  it("stores nothing at all when it discards, but tells what would be new", async () => {
    const { inner, repository } = await repositoryWith((operation) => {
      if (operation === "save") throw new Error("nothing may be saved");
      return undefined;
    });
    const writer = repository.createWriter({ discard: true });
    for (let i = 0; i < 6; i++) {
      const bytes = sampleBytes(1 << 20, i);
      expect((await writer.add("data", nodeCrypto.sha256(bytes), bytes)).isNew).toBe(true);
    }
    await writer.flush();
    expect([await namesOf(inner, "pack"), await namesOf(inner, "index")]).toEqual([[], []]);
  });

  it.each([
    [1, 1],
    [2, 2],
    [3, 3],
    [5, 5],
  ])(
    "to a store of %i connections has %i saves under way at most, also when packs come all at once",
    async (connections, wanted) => {
      let running = 0;
      let most = 0;
      let waiting: (() => void)[] = [];
      const plan = onPacks(() => {
        most = Math.max(most, ++running);
        const { opened, open } = gate();
        waiting.push(open);
        return { kind: "stall", until: opened.then(() => running--) };
      });
      const { repository } = await repositoryWith(plan, connections);
      const writer = repository.createWriter();
      let accepted = 0;
      const accepting = Array.from({ length: 7 }, (_, i) =>
        writer.accept(makePack(repository, i + 1)).then(() => accepted++),
      );
      await rest();
      // Whoever was told that a pack was accepted may make the next one.
      expect([running, accepted]).toEqual([wanted, wanted]);
      for (let i = 0; i < 10; i++) {
        const open = waiting;
        waiting = [];
        for (const settle of open) settle();
        await rest();
        expect(running).toBeLessThanOrEqual(wanted);
      }
      await Promise.all(accepting);
      await writer.flush();
      expect(most).toBe(wanted);
      expect(await listedPacks(repository)).toBe(7);
    },
  );

  it("makes whoever adds wait for a slow store", async () => {
    const { opened, open } = gate();
    const { repository } = await repositoryWith(onPacks(() => ({ kind: "stall", until: opened })));
    const writer = repository.createWriter();
    let added = 0;
    const adding = (async () => {
      for (let i = 0; i < 20; i++, added++) await addBlob(writer, "data", sampleBytes(MIN_PACK_SIZE, i));
    })();
    await rest();
    await rest();
    // Two are on their way, the third waits.
    expect(added).toBe(repository.storage.connections);
    open();
    await adding;
    await writer.flush();
    expect(await listedPacks(repository)).toBe(20);
  });

  it("writes an index file once it would list 50,000 blobs", async () => {
    const { inner, repository } = await repositoryWith(() => undefined);
    const writer = repository.createWriter();
    const bytes = new Uint8Array(200);
    let listed = 0;
    let count = 0;
    for (; listed === 0; count++) {
      new DataView(bytes.buffer).setUint32(0, count);
      bytes.set(nodeCrypto.sha256(bytes.subarray(0, 4)), 4);
      await writer.add("data", nodeCrypto.sha256(bytes), bytes);
      if (count % 1000 === 0) await writer.settle();
      listed = (await namesOf(inner, "index")).length;
    }
    const [first] = await repository.list<IndexId>("index");
    const { blobs, packs } = await readIndex(repository, first as IndexId);
    expect(blobs).toBeGreaterThanOrEqual(INDEX_FULL_BLOBS);
    // Not before the pack that was one too many.
    expect(blobs - blobs / packs.length).toBeLessThan(INDEX_FULL_BLOBS);
    await writer.flush();
    const reader = await reopen(inner);
    expect(reader.index.blobCount).toBe(count);
    expect((await namesOf(inner, "index")).length).toBe(2);
  });

  it("writes an index file when the last one is ten minutes ago", async () => {
    const { inner, repository } = await repositoryWith(() => undefined);
    vi.useFakeTimers({ toFake: ["Date"] });
    const writer = repository.createWriter();
    const listings: number[] = [];
    for (let i = 0; i < 5; i++) {
      await writer.accept(makePack(repository, i + 1));
      await writer.settle();
      listings.push((await namesOf(inner, "index")).length);
      vi.setSystemTime(Date.now() + INDEX_FULL_AGE_MS / 2);
    }
    expect(listings).toEqual([0, 0, 1, 1, 2]);
    await writer.flush();
    expect((await namesOf(inner, "index")).length).toBe(2);
    expect(await listedPacks(repository)).toBe(5);
  });
});

describe("a writer whose store fails", () => {
  it("raises it with the next call and with every further one, and lists only what is stored", async () => {
    const { repository } = await repositoryWith(onPacks((n) => (n === 2 ? { kind: "fail" } : undefined)));
    const writer = repository.createWriter();
    const outcomes: string[] = [];
    for (let i = 1; i <= 4; i++) {
      await writer.accept(makePack(repository, i)).then(
        () => outcomes.push("taken"),
        (error: unknown) => outcomes.push(error instanceof TasticError ? error.code : "other"),
      );
      await rest();
    }
    expect(outcomes).toEqual(["taken", "taken", "storage-failed", "storage-failed"]);
    await failure(writer.flush(), "storage-failed");
    await failure(writer.flush(), "storage-failed");
    await failure(addBlob(writer, "data", sampleBytes(10)), "storage-failed");
    await writer.settle();
    expect(await listedPacks(repository)).toBe(0);
  });

  it("raises in flush what failed last", async () => {
    const { repository } = await repositoryWith(onPacks(() => ({ kind: "fail" })));
    const writer = repository.createWriter();
    await addBlob(writer, "data", sampleBytes(10));
    await failure(writer.flush(), "storage-failed");
    await failure(writer.flush(), "storage-failed");
    expect(await namesOf(repository.storage, "index")).toEqual([]);
  });

  it("never says that an index is stored that is not, not even when asked again", async () => {
    const { inner, repository } = await repositoryWith((operation, file) =>
      operation === "save" && file?.type === "index" ? { kind: "fail" } : undefined,
    );
    const writer = repository.createWriter();
    await addBlob(writer, "data", sampleBytes(10));
    await failure(writer.flush(), "storage-failed");
    await failure(writer.flush(), "storage-failed");
    expect((await namesOf(inner, "pack")).length).toBe(1);
    expect(await namesOf(inner, "index")).toEqual([]);
  });

  it("raises the error of an index file that was written on the way", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { repository } = await repositoryWith((operation, file) =>
      operation === "save" && file?.type === "index" ? { kind: "fail" } : undefined,
    );
    const writer = repository.createWriter();
    vi.setSystemTime(Date.now() + INDEX_FULL_AGE_MS);
    await writer.accept(makePack(repository, 1));
    await writer.settle();
    await failure(writer.accept(makePack(repository, 2)), "storage-failed");
  });

  it("raises what the packer could not do in flush too", async () => {
    const { repository } = await repositoryWith(() => undefined);
    const writer = repository.createWriter();
    await failure(writer.add("data", nodeCrypto.sha256(sampleBytes(1)), sampleBytes(2)), "internal");
    await failure(writer.flush(), "internal");
    expect(await namesOf(repository.storage, "index")).toEqual([]);
  });

  it("ends at once when it is cancelled, with the reason", async () => {
    const lost = new TasticError("lock-lost", "failed to refresh lock in time");
    for (const [reason, code] of [
      [undefined, "cancelled"],
      [lost, "lock-lost"],
    ] as const) {
      const { inner, repository } = await repositoryWith(onPacks(() => ({ kind: "stall" })));
      const abort = new AbortController();
      const writer = repository.createWriter({ signal: abort.signal });
      for (let i = 1; i <= repository.storage.connections; i++) await writer.accept(makePack(repository, i));
      const waiting = failure(writer.accept(makePack(repository, 9)), code);
      await rest();
      abort.abort(reason);
      await waiting;
      await failure(writer.flush(), code);
      await failure(addBlob(writer, "data", sampleBytes(10)), code);
      await writer.settle();
      expect([await namesOf(inner, "pack"), await namesOf(inner, "index")]).toEqual([[], []]);
    }
  });

  it("leaves blobs findable that other threads packed", async () => {
    const { repository } = await repositoryWith(() => undefined);
    const writer = repository.createWriter();
    const pack = makePack(repository, 3);
    await writer.accept(pack);
    await writer.flush();
    const reader = await reopen(repository.storage);
    expect(reader.index.find(nodeCrypto.sha256(sampleBytes(1000, 3)), DATA)).toBeGreaterThanOrEqual(0);
  });
});
