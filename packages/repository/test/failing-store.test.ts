/** Whatever call of the store fails, a repository opens or is not there, and nothing that is listed is missing. */
import { isTasticError, messageOf } from "@tastic/errors";
import { idFromBytes, type IndexId, type PackId, type SnapshotId } from "@tastic/format";
import { MIN_PACK_SIZE, Repository, TREE } from "@tastic/repository";
import {
  createFaultStorage,
  createLocalStorage,
  createMemoryStorage,
  type Fault,
  type Storage,
} from "@tastic/storage";
import { describe, expect, it } from "vitest";
import { sampleBytes } from "../../../test/support/bytes.js";
import { temporaryFolder } from "../../../test/support/folders.js";
import { addBlob, makeRepository, namesOf, password, reopen } from "./support.js";

const kinds: [string, Fault][] = [
  ["before anything is done", { kind: "fail" }],
  ["after it was done", { kind: "fail", when: "after" }],
];

/** `inner`, whose `n`-th call of any kind, from 1 on, meets a fault. `met` tells whether there was such a call. */
function failingOnce(inner: Storage, n: number, fault: Fault) {
  const state = { calls: 0, met: false };
  const storage = createFaultStorage(inner, () => {
    if (++state.calls !== n) return undefined;
    state.met = true;
    return fault;
  });
  return { storage, state };
}

const blobs = [sampleBytes(MIN_PACK_SIZE, 1), sampleBytes(100, 2)];

/** A small session: some blobs of both kinds, in several packs, and a snapshot. */
async function session(repository: Repository, locked = true): Promise<void> {
  const lock = locked ? await repository.lock({ exclusive: false }) : undefined;
  try {
    await repository.loadIndex();
    const writer = repository.createWriter();
    for (const bytes of blobs) await addBlob(writer, "data", bytes);
    const tree = await addBlob(writer, "tree", Buffer.from('{"nodes":[]}\n'));
    await writer.flush();
    await repository.saveSnapshot({ time: "2026-01-02T03:04:05Z", tree, paths: ["/"] });
  } finally {
    await lock?.release();
  }
}

/** Everything that is listed is there, whole. Returns how many snapshots there are. */
async function checkAll(storage: Storage): Promise<number> {
  const repository = await reopen(storage);
  const { index } = repository;
  for (const pack of index.packs()) {
    const id = idFromBytes<PackId>(index.id(pack));
    const { size } = await storage.stat({ type: "pack", name: id });
    for (const { type, id: blob } of await repository.loadPackHeader(id, size)) {
      await repository.loadBlob(type, blob);
    }
  }
  const snapshots = await repository.list<SnapshotId>("snapshot");
  for (const id of snapshots) {
    const { tree } = await repository.loadSnapshot(id);
    expect(index.find(Buffer.from(tree, "hex"), TREE)).toBeGreaterThanOrEqual(0);
    expect(await repository.loadTree(tree)).toEqual([]);
  }
  return snapshots.length;
}

/** Runs `work` with the first call failing, then the second, and so on until none does. Returns how many there were. */
async function failEach(
  fault: Fault,
  make: () => Promise<Storage>,
  work: (storage: Storage) => Promise<void>,
  after: (inner: Storage, failed: boolean) => Promise<void>,
): Promise<number> {
  for (let n = 1; ; n++) {
    const inner = await make();
    const { storage, state } = failingOnce(inner, n, fault);
    const error = await work(storage).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error !== undefined) expect(isTasticError(error, "storage-failed"), messageOf(error)).toBe(true);
    await after(inner, error !== undefined);
    if (!state.met) {
      expect(error).toBeUndefined();
      return n - 1;
    }
  }
}

const memory = (): Promise<Storage> => Promise.resolve(createMemoryStorage());

describe.each(kinds)("a store that fails once, %s,", (_, fault) => {
  it("while a repository is made: there is one, or a second attempt makes one", async () => {
    const calls = await failEach(
      fault,
      memory,
      async (storage) => void (await makeRepository(storage)),
      async (inner, failed) => {
        const opened = await Repository.open(inner, { password }).catch((error: unknown) => error);
        if (opened instanceof Repository) return;
        expect(failed).toBe(true);
        expect(isTasticError(opened, "no-repository"), messageOf(opened)).toBe(true);
        await makeRepository(inner);
        await Repository.open(inner, { password });
      },
    );
    expect(calls).toBeGreaterThanOrEqual(6);
  });

  it("while blobs and a snapshot are written: nothing that is listed is missing, and it can be done again", async () => {
    const calls = await failEach(
      fault,
      async () => {
        const storage = createMemoryStorage();
        await makeRepository(storage);
        return storage;
      },
      async (storage) => session(await Repository.open(storage, { password, packSize: MIN_PACK_SIZE })),
      async (inner, failed) => {
        const snapshots = await checkAll(inner);
        if (!failed) expect(snapshots).toBe(1);
        await session(await Repository.open(inner, { password, packSize: MIN_PACK_SIZE }), false);
        expect(await checkAll(inner)).toBe(snapshots + 1);
      },
    );
    expect(calls).toBeGreaterThanOrEqual(13);
  });
});

it("a store on a disk that fails while an index is saved keeps the packs, which the next session does not find", async () => {
  const inner = createLocalStorage(`${await temporaryFolder()}/repository`);
  await makeRepository(inner);
  const storage = createFaultStorage(inner, (operation, file) =>
    operation === "save" && file?.type === "index" ? { kind: "fail" } : undefined,
  );
  const failed = await session(await Repository.open(storage, { password })).catch((error: unknown) => error);
  expect(isTasticError(failed, "storage-failed")).toBe(true);
  expect(await namesOf(inner, "index")).toEqual([]);
  expect((await namesOf(inner, "pack")).length).toBeGreaterThan(0);
  expect(await checkAll(inner)).toBe(0);
  await session(await Repository.open(inner, { password }));
  expect(await checkAll(inner)).toBe(1);
  expect((await (await reopen(inner)).list<IndexId>("index")).length).toBe(1);
});
