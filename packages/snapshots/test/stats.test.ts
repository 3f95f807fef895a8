import type { BlobId } from "@tastic/format";
import fc from "fast-check";
import { beforeEach, describe, expect, it, test } from "vitest";
import { listSnapshots, stats } from "../dist/index.js";
import type { StatsMode, StatsProgress, StatsResult } from "../dist/index.js";
import { PairSet } from "../dist/stats/pair-set.js";
import { SampleRepository, sketchNode } from "./sample-repository.js";

let sample: SampleRepository;
let loaded: number;

beforeEach(async () => {
  sample = await SampleRepository.create();
  loaded = 0;
  const loadBlob = sample.repository.loadBlob.bind(sample.repository);
  sample.repository.loadBlob = (type, id, signal) => {
    loaded++;
    return loadBlob(type, id, signal);
  };
});

async function count(mode: StatsMode): Promise<{ result: StatsResult; progress: StatsProgress }> {
  let progress: StatsProgress = { snapshots: 0, files: 0, blobs: 0, bytes: 0 };
  const onProgress = (now: StatsProgress): void => {
    progress = now;
  };
  const snapshots = await listSnapshots(sample.repository);
  return { result: await stats(sample.repository, snapshots, { mode, onProgress }), progress };
}

describe("stats", () => {
  it("counts the same folder in every snapshot, and walks it once", async () => {
    const folder = await sample.folder("f", [
      await sample.file("a", ["12345"]),
      await sample.folder("e", []),
    ]);
    for (let at = 0; at < 5; at++) {
      await sample.snapshot(await sample.tree([folder, await sample.file("own", [`${at}`])]));
    }
    const { result, progress } = await count("restore-size");
    expect(result).toEqual({ snapshots: 5, totalSize: 30, totalFiles: 20, totalBlobs: 0 });
    expect(progress).toEqual({ snapshots: 5, files: 4, blobs: 0, bytes: 6 });
    // Five roots, the folder and the empty one in it.
    expect(loaded).toBe(7);
  });

  it("counts a file with two names once in a snapshot, and again in the next", async () => {
    const link = { links: 2n, inode: 7n, deviceId: 1n };
    const tree = await sample.tree([
      await sample.folder("one", [await sample.file("a", ["12345"], link)]),
      await sample.folder("two", [await sample.file("b", ["12345"], link)]),
    ]);
    for (let at = 0; at < 2; at++) await sample.snapshot(tree, { hostname: `${at}` });
    expect((await count("restore-size")).result).toMatchObject({ totalSize: 10, totalFiles: 8 });
  });

  it("counts contents and blobs once", async () => {
    const same = await sample.file("same", ["123", "45", "123"]);
    await sample.snapshot(
      await sample.tree([await sample.folder("d", [same]), same, await sample.file("z", ["45"])]),
    );
    // The contents, and that of folders, which is none.
    expect((await count("files-by-contents")).result).toMatchObject({ totalFiles: 3, totalSize: 10 });
    const { result } = await count("blobs-per-file");
    expect(result).toMatchObject({ totalFiles: 2, totalBlobs: 3, totalSize: 7 });
  });

  it("counts stored data once, with what compression saves", async () => {
    const tree = await sample.tree([await sample.file("a", ["x".repeat(10_000), "x".repeat(10_000)])]);
    for (let at = 0; at < 2; at++) await sample.snapshot(tree, { hostname: `${at}` });
    const { result } = await count("raw-data");
    expect(result).toMatchObject({ snapshots: 2, totalBlobs: 2, totalFiles: 0 });
    expect(result.compression?.progress).toBe(100);
    expect(result.compression?.spaceSaving).toBeGreaterThan(90);
    expect(result.compression?.totalUncompressedSize).toBeGreaterThan(10_000);
  });

  it("fails where something is missing, rather than count too little", async () => {
    const missing = "ab".repeat(32) as BlobId;
    const file = sketchNode({ name: "b", type: "file", content: [missing], size: 5 });
    await sample.snapshot(await sample.tree([file]));
    expect((await count("restore-size")).result.totalSize).toBe(5);
    await expect(count("blobs-per-file")).rejects.toMatchObject({ code: "blob-not-found" });
    await expect(count("raw-data")).rejects.toMatchObject({ code: "blob-not-found" });
    await sample.snapshot(await sample.tree([sketchNode({ name: "d", type: "dir", subtree: missing })]));
    for (const mode of ["restore-size", "files-by-contents", "raw-data"] as const) {
      await expect(count(mode), mode).rejects.toThrow("error walking snapshot: ");
    }
  });

  it("ends when cancelled", async () => {
    await sample.snapshot(await sample.tree([]));
    const snapshots = await listSnapshots(sample.repository);
    const signal = AbortSignal.abort();
    for (const mode of ["restore-size", "raw-data"] as const) {
      const counting = stats(sample.repository, snapshots, { mode, signal });
      await expect(counting, mode).rejects.toMatchObject({ code: "cancelled" });
    }
  });
});

test("a set of pairs is one", () => {
  const number = fc.oneof(fc.bigInt({ min: 0n, max: 3n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
  fc.assert(
    fc.property(fc.array(fc.tuple(number, number), { maxLength: 300 }), (pairs) => {
      const [set, model] = [new PairSet(), new Set<string>()];
      for (const [a, b] of pairs) {
        expect(set.add(a, b)).toBe(!model.has(`${a} ${b}`));
        model.add(`${a} ${b}`);
      }
    }),
  );
});
