import { nodeCrypto } from "@tastic/crypto";
import { encodeIndex, type BlobId, type IndexId, type PackId, type PackEntry } from "@tastic/format";
import { DATA, PACK, Repository, TREE, planReads } from "@tastic/repository";
import { createFaultStorage, createMemoryStorage } from "@tastic/storage";
import { describe, expect, it } from "vitest";
import { failure, makeRepository, password } from "./support.js";

const hash = (text: string): string => nodeCrypto.sha256Hex(Buffer.from(text));
const bytesOf = (id: string): Uint8Array => Buffer.from(id, "hex");

const blob = (name: string, place: Partial<PackEntry> = {}): PackEntry => ({
  id: hash(name) as BlobId,
  type: "data",
  offset: 0,
  length: 100,
  uncompressedLength: 0,
  ...place,
});

function saveIndex(repository: Repository, packs: Record<string, PackEntry[]>): Promise<IndexId> {
  const list = Object.entries(packs).map(([name, blobs]) => ({ id: hash(name) as PackId, blobs }));
  return repository.saveUnpacked("index", encodeIndex(list));
}

describe("loading index files", () => {
  it("enters every blob of every file, copies and repetitions included", async () => {
    const repository = await makeRepository();
    await saveIndex(repository, {
      p1: [
        blob("a"),
        blob("b", { offset: 100, uncompressedLength: 500 }),
        blob("a", { type: "tree", offset: 200 }),
      ],
      p2: [blob("a", { offset: 7 })],
      empty: [],
    });
    await saveIndex(repository, { p1: [blob("a"), blob("c", { offset: 0xffff_ffff, length: 0xffff_ffff })] });
    const seen = new Map<IndexId, number>();
    const progress: string[] = [];
    const loaded = await repository.loadIndex({
      onIndex: (id, packs) => seen.set(id, packs.length),
      onProgress: (done, total) => progress.push(`${done}/${total}`),
    });
    const { index } = repository;
    expect([...seen.keys()].sort()).toEqual(loaded.sort());
    expect(new Set(seen.values())).toEqual(new Set([1, 3]));
    expect(progress).toEqual(["1/2", "2/2"]);
    expect([index.packCount, index.blobCount]).toEqual([3, 5]);

    const first = index.find(bytesOf(hash("a")), DATA);
    const second = index.findNext(first);
    const places = [first, second].map((entry) => [index.pack(entry), index.offset(entry)]);
    const pack = (name: string): number => index.find(bytesOf(hash(name)), PACK);
    expect(places).toContainEqual([pack("p1"), 0]);
    expect(places).toContainEqual([pack("p2"), 7]);
    expect(index.findNext(second)).toBe(-1);
    expect(index.offset(index.find(bytesOf(hash("a")), TREE))).toBe(200);
    const far = index.find(bytesOf(hash("c")), DATA);
    expect([index.offset(far), index.length(far)]).toEqual([0xffff_ffff, 0xffff_ffff]);
    expect(index.uncompressedLength(index.find(bytesOf(hash("b")), DATA))).toBe(500);

    // Once more changes nothing.
    await repository.loadIndex();
    expect([index.packCount, index.blobCount]).toEqual([3, 5]);
  });

  it("makes no more room ahead than it needs", async () => {
    const repository = await makeRepository();
    const files = 12;
    for (let f = 0; f < files; f++) {
      const blobs = Array.from({ length: 10_000 }, (_, i) => blob(`${f}/${i}`, { offset: i * 100 }));
      await saveIndex(repository, { [`p${f}`]: blobs });
    }
    await repository.loadIndex();
    expect(repository.index.blobCount).toBe(files * 10_000);
    expect(repository.index.bytes / repository.index.blobCount).toBeLessThanOrEqual(56);
  });

  it("fails as a whole if one file fails, and begins no other", async () => {
    const inner = createMemoryStorage();
    const made = await makeRepository(inner);
    for (let f = 0; f < 10; f++) await saveIndex(made, { [`p${f}`]: [blob(`b${f}`)] });
    let loads = 0;
    const storage = createFaultStorage(inner, (operation, file) => {
      if (operation !== "load" || file?.type !== "index") return undefined;
      return ++loads === 3 ? { kind: "fail" } : undefined;
    });
    const repository = await Repository.open(storage, { password });
    await failure(repository.loadIndex(), "storage-failed");
    const begun = loads;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(loads).toBe(begun);
    expect(loads).toBeLessThanOrEqual(3 + storage.connections);
  });

  it("ends when it is cancelled", async () => {
    const repository = await makeRepository();
    await saveIndex(repository, { p: [blob("a")] });
    await failure(repository.loadIndex({ signal: AbortSignal.abort() }), "cancelled");
    const abort = new AbortController();
    await saveIndex(repository, { q: [blob("b")] });
    await saveIndex(repository, { r: [blob("c")] });
    const loading = repository.loadIndex({ signal: abort.signal, onIndex: () => abort.abort() });
    await failure(loading, "cancelled");
  });
});

describe("planning reads", () => {
  const MEBI = 1 << 20;

  async function plan(places: [offset: number, length: number][]): Promise<[number, number, number][]> {
    const { index } = await makeRepository();
    const pack = index.addPack(bytesOf(hash("p")));
    const entries = places.map(([offset, length], i) => {
      const id = bytesOf(hash(`b${i}`));
      index.add(id, DATA, { pack, offset, length, uncompressedLength: 0 });
      return index.find(id, DATA);
    });
    const ranges = planReads(index, entries);
    expect(new Set(ranges.flatMap((range) => range.entries))).toEqual(new Set(entries));
    expect(ranges.reduce((sum, range) => sum + range.entries.length, 0)).toBe(entries.length);
    for (const { offset, length, entries: inside } of ranges) {
      for (const entry of inside) {
        expect(index.offset(entry)).toBeGreaterThanOrEqual(offset);
        expect(index.offset(entry) + index.length(entry)).toBeLessThanOrEqual(offset + length);
      }
    }
    return ranges.map(({ offset, length, entries: inside }) => [offset, length, inside.length]);
  }

  it("joins what lies within 1 MiB, up to 32 MiB", async () => {
    expect(await plan([])).toEqual([]);
    expect(
      await plan([
        [100, 50],
        [0, 50],
      ]),
    ).toEqual([[0, 150, 2]]);
    expect(
      await plan([
        [0, 50],
        [50 + MEBI, 50],
      ]),
    ).toEqual([[0, 100 + MEBI, 2]]);
    expect(
      await plan([
        [0, 50],
        [51 + MEBI, 50],
      ]),
    ).toEqual([
      [0, 50, 1],
      [51 + MEBI, 50, 1],
    ]);
    expect(
      await plan([
        [0, 20 * MEBI],
        [20 * MEBI, 12 * MEBI],
        [32 * MEBI, 1],
      ]),
    ).toEqual([
      [0, 32 * MEBI, 2],
      [32 * MEBI, 1, 1],
    ]);
    // A blob that is larger than a read is one all the same.
    expect(
      await plan([
        [0, 1],
        [1, 40 * MEBI],
        [1 + 40 * MEBI, 1],
      ]),
    ).toEqual([
      [0, 1, 1],
      [1, 40 * MEBI, 1],
      [1 + 40 * MEBI, 1, 1],
    ]);
    // Those of a damaged index may overlap.
    expect(
      await plan([
        [0, 100],
        [10, 20],
        [50, 100],
      ]),
    ).toEqual([[0, 150, 3]]);
  });
});
