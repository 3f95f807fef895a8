/** What prune decides about copies, packs of both kinds and unfinished prunes; and what ends it. */
import { describe, expect, it } from "vitest";
import { encodeIndex, idToBytes } from "@tastic/format";
import type { BlobId, PackId, SnapshotId } from "@tastic/format";
import { DATA, PACK, Repository } from "@tastic/repository";
import type { PruneEvent, PruneSummary } from "@tastic/repository";
import { check, prune } from "@tastic/snapshots";
import type { PruneOptions } from "@tastic/snapshots";
import { createFaultStorage } from "@tastic/storage";
import { sampleBytes, sha256Hex } from "../../../test/support/bytes.js";
import { PASSWORD, SampleRepository } from "./sample-repository.js";

const NOTHING_UNUSED = { maxUnused: { kind: "bytes", bytes: 0 } } as const;

/** A pack with one file that is needed and one that is not. */
async function sampleWithWaste(): Promise<{ sample: SampleRepository; kept: BlobId }> {
  const sample = await SampleRepository.create();
  const kept = await sample.file("kept", [sampleBytes(5000, 1)]);
  await sample.file("waste", [sampleBytes(3000, 2)]);
  await sample.snapshot(await sample.tree([kept]));
  return { sample, kept: kept.content?.[0] ?? ("" as BlobId) };
}

async function prunedAnew(sample: SampleRepository, options: PruneOptions = {}): Promise<PruneSummary> {
  return prune(await sample.reopen(), { ...NOTHING_UNUSED, ...options });
}

async function expectWhole(sample: SampleRepository): Promise<void> {
  const problems: unknown[] = [];
  const onEvent = (event: { type: string }): void => void (event.type === "progress" || problems.push(event));
  const result = await check(await sample.reopen(), { readData: { kind: "all" }, onEvent });
  expect(result, JSON.stringify(problems)).toMatchObject({ errorCount: 0, suggestPrune: false });
}

/** Stores the same blobs again in packs of their own, as another process might. */
async function storeAgain(sample: SampleRepository, blobs: readonly Uint8Array[]): Promise<void> {
  const other = await sample.reopen();
  const writer = other.createWriter();
  for (const blob of blobs) await writer.add("data", other.crypto.sha256(blob), blob);
  await writer.flush();
}

async function packCount(sample: SampleRepository): Promise<number> {
  return (await sample.repository.list<PackId>("pack")).length;
}

describe("prune", () => {
  it("moves what is needed as it is sealed, and removes the rest", async () => {
    const { sample, kept } = await sampleWithWaste();
    const before = await sample.reopen();
    await before.loadIndex();
    const { stats } = await prunedAnew(sample);
    expect(stats.blobs).toMatchObject({ used: 2, unused: 1, repack: 2, repackRemove: 1 });
    await expectWhole(sample);
    const after = await sample.reopen();
    await after.loadIndex();
    const sealed = async ({ index, blobs }: Repository): Promise<Uint8Array> => {
      const entry = index.find(idToBytes(kept), DATA);
      const range = { offset: index.offset(entry), length: index.length(entry), entries: [entry] };
      return blobs.loadRange(blobs.packId(entry), range);
    };
    // The old pack is gone, but its seal has an equal: the blob was neither compressed nor encrypted anew.
    await expect(sealed(before)).rejects.toMatchObject({ code: "not-found" });
    expect((await sealed(after)).length).toBe(5000 + 32);
    expect(Buffer.compare(await after.loadBlob("data", kept), sampleBytes(5000, 1))).toBe(0);
  });

  it("keeps one of several copies", async () => {
    const { sample } = await sampleWithWaste();
    for (let i = 0; i < 3; i++) await storeAgain(sample, [sampleBytes(5000, 1)]);
    const { stats } = await prunedAnew(sample);
    expect(stats.blobs).toMatchObject({ used: 2, duplicate: 3, unused: 1 });
    // The pack of the copy that stays, and that of the tree.
    expect(await packCount(sample)).toBe(2);
    await expectWhole(sample);
  });

  it("keeps the packs that an unfinished prune has written", async () => {
    const { sample } = await sampleWithWaste();
    const states: number[] = [];
    // Ends when the first old index file is to go: the new packs and their index are there.
    const failing = createFaultStorage(sample.storage, (operation) =>
      operation === "remove" ? { kind: "fail" } : undefined,
    );
    const unlucky = await Repository.open(failing, { password: PASSWORD });
    await expect(prune(unlucky, NOTHING_UNUSED)).rejects.toMatchObject({ code: "storage-failed" });
    states.push(await packCount(sample));
    await expectWholeButDuplicates(sample);
    const { stats } = await prunedAnew(sample);
    expect(stats.packs).toMatchObject({ repack: 0, remove: 1 });
    states.push(await packCount(sample));
    expect(states).toEqual([3, 2]);
    await expectWhole(sample);
  });

  it("tells which packs could not be removed, when all else is done", async () => {
    const { sample } = await sampleWithWaste();
    const stuck = createFaultStorage(sample.storage, (operation, file) =>
      operation === "remove" && file?.type === "pack" ? { kind: "fail" } : undefined,
    );
    const events: PruneEvent[] = [];
    const repository = await Repository.open(stuck, { password: PASSWORD });
    const pruning = prune(repository, { ...NOTHING_UNUSED, onEvent: (event) => void events.push(event) });
    await expect(pruning).rejects.toMatchObject({ code: "incomplete" });
    expect(events.filter(({ type }) => type === "error")).toHaveLength(1);
    const { stats } = await prunedAnew(sample);
    expect(stats.packs).toMatchObject({ unreferenced: 1, repack: 0 });
    await expectWhole(sample);
  });

  it("writes packs with trees and data anew, each apart", async () => {
    const { sample } = await sampleWithWaste();
    await mixPacks(sample);
    const problems: string[] = [];
    const onEvent = (event: { type: string; message?: string }): void =>
      void (event.type === "hint" && problems.push(event.message ?? ""));
    await check(await sample.reopen(), { onEvent });
    expect(problems.join("\n")).toContain("contains a mix of tree and data blobs");
    const { stats } = await prunedAnew(sample, { maxUnused: { kind: "unlimited" } });
    expect(stats.packs.repack).toBe(1);
    expect(await packCount(sample)).toBe(2);
    await expectWhole(sample);
  });

  it("plans as if snapshots were gone, and then does nothing", async () => {
    const { sample } = await sampleWithWaste();
    const ids = await sample.repository.list<SnapshotId>("snapshot");
    const { stats } = await prunedAnew(sample, { dryRun: true, ignoreSnapshots: new Set(ids) });
    expect(stats.blobs).toMatchObject({ used: 0, unused: 3, remove: 3 });
    expect(await packCount(sample)).toBe(2);
  });

  it.each(["snapshots", "repack", "index", "remove-index", "remove-packs"] as const)(
    "ends when it is cancelled in the phase %s, and loses nothing",
    async (phase) => {
      const { sample } = await sampleWithWaste();
      const controller = new AbortController();
      const onEvent = (event: PruneEvent): void => {
        if (event.type === "phase" && event.phase === phase) controller.abort();
      };
      const pruning = prunedAnew(sample, { signal: controller.signal, onEvent });
      await expect(pruning).rejects.toMatchObject({ code: "cancelled" });
      await expectWholeButDuplicates(sample);
      await prunedAnew(sample);
      await expectWhole(sample);
    },
  );

  it("uses another copy of a blob whose pack cannot be read", async () => {
    const { sample, kept } = await sampleWithWaste();
    const damaged = sample.packOf(kept, DATA);
    // The second copy lies beside waste, too, so that both packs are to be written anew.
    await storeAgain(sample, [sampleBytes(5000, 1), sampleBytes(100, 9)]);
    const failing = createFaultStorage(sample.storage, (operation, file) =>
      operation === "load" && file?.name === damaged ? { kind: "corrupt", offset: 40 } : undefined,
    );
    await prune(await Repository.open(failing, { password: PASSWORD }), NOTHING_UNUSED);
    await expectWhole(sample);
  });

  it("never believes an index that was loaded before", async () => {
    const { sample } = await sampleWithWaste();
    await expect(prune(sample.repository)).rejects.toMatchObject({ code: "invalid-argument" });
  });
});

async function expectWholeButDuplicates(sample: SampleRepository): Promise<void> {
  const result = await check(await sample.reopen(), { readData: { kind: "all" } });
  expect(result.errorCount).toBe(0);
}

/** Puts all packs into one and lists that, as programs of old did. */
async function mixPacks({ repository, storage }: SampleRepository): Promise<void> {
  const { index, config, crypto, masterKey } = repository;
  expect(config.version).toBe(2);
  const sealer = crypto.createSealer(masterKey);
  const { encodePackHeader } = await import("@tastic/format");
  const parts: Uint8Array[] = [];
  const entries: Parameters<typeof encodePackHeader>[0] extends Iterable<infer T> ? T[] : never = [];
  const listed: {
    id: BlobId;
    type: "tree" | "data";
    offset: number;
    length: number;
    uncompressedLength: number;
  }[] = [];
  let offset = 0;
  for (let entry = 0; entry < index.size; entry++) {
    const kind = index.kind(entry);
    if (kind === PACK) continue;
    const length = index.length(entry);
    const pack = repository.blobs.packId(entry);
    parts.push(await storage.load({ type: "pack", name: pack }, { offset: index.offset(entry), length }));
    const blob = {
      id: Buffer.from(index.id(entry)).toString("hex") as BlobId,
      type: kind === DATA ? ("data" as const) : ("tree" as const),
      length,
      uncompressedLength: index.uncompressedLength(entry),
    };
    entries.push(blob);
    listed.push({ ...blob, offset });
    offset += length;
  }
  const header = sealer.seal(encodePackHeader(entries));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(header.length);
  const bytes = new Uint8Array(Buffer.concat([...parts, header, size]));
  const id = sha256Hex(bytes) as PackId;
  for (const type of ["pack", "index"] as const) {
    for await (const { name } of storage.list(type)) await storage.remove({ type, name });
  }
  await storage.save({ type: "pack", name: id }, bytes);
  await repository.saveUnpacked("index", encodeIndex([{ id, blobs: listed }]));
}
