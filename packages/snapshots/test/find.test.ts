import type { BlobId } from "@tastic/format";
import { beforeEach, describe, expect, it } from "vitest";
import { blobsOfPacks, find, findBlobs, listSnapshots } from "../dist/index.js";
import type { FindBlobsEvent, FindEvent, FindOptions, WantedBlobs } from "../dist/index.js";
import { SampleRepository, sketchNode } from "./sample-repository.js";

let sample: SampleRepository;
let kept: BlobId;
let roots: BlobId[];

beforeEach(async () => {
  sample = await SampleRepository.create();
  const folder = await sample.folder("kept", [
    await sample.folder("hay", [await sample.file("stack", ["straw"])]),
    await sample.file("needle", ["shared"]),
  ]);
  kept = folder.subtree!;
  roots = [
    await sample.tree([await sample.file("first", ["1"]), folder]),
    await sample.tree([folder, await sample.file("second", ["2"])]),
  ];
  for (const [at, tree] of roots.entries()) await sample.snapshot(tree, { time: `202${at}-01-01T00:00:00Z` });
});

async function found(options: Omit<FindOptions, "onEvent">): Promise<string[]> {
  const lines: string[] = [];
  const onEvent = (event: FindEvent): void => {
    lines.push(`${event.snapshot.time.slice(0, 4)} ${event.type} ${event.path}`);
  };
  const snapshots = await listSnapshots(sample.repository);
  await find(sample.repository, snapshots, { ...options, onEvent });
  return lines;
}

describe("find", () => {
  it("tells what matches in each snapshot, and what is below it", async () => {
    expect(await found({ patterns: ["kept"] })).toEqual(
      ["2020", "2021"].flatMap((year) =>
        ["/kept", "/kept/hay", "/kept/hay/stack", "/kept/needle"].map((path) => `${year} match ${path}`),
      ),
    );
    expect(await found({ patterns: ["SECOND", "nothing"], ignoreCase: true })).toEqual([
      "2021 match /second",
    ]);
  });

  it("loads a tree that holds nothing of it only once", async () => {
    const loaded: BlobId[] = [];
    const loadBlob = sample.repository.loadBlob.bind(sample.repository);
    sample.repository.loadBlob = (type, id, signal) => {
      loaded.push(id);
      return loadBlob(type, id, signal);
    };
    expect(await found({ patterns: ["second"] })).toEqual(["2021 match /second"]);
    expect(loaded.filter((id) => id === kept)).toHaveLength(1);
    // No need to look at all.
    loaded.length = 0;
    expect(await found({ patterns: ["/other/needle"] })).toEqual([]);
    expect(loaded).toEqual(roots);
    // It might hold something in another place.
    loaded.length = 0;
    expect(await found({ patterns: ["*/needle"] })).toHaveLength(2);
    expect(loaded.filter((id) => id === kept)).toHaveLength(2);
  });

  it("finds in a folder that matches what it did not find where the folder did not", async () => {
    const inner = await sample.folder("inner", [await sample.file("file", ["1"])]);
    const tree = await sample.tree([
      await sample.folder("a", [inner]),
      await sample.folder("wanted", [inner]),
      await sample.folder("z", [inner]),
    ]);
    await sample.snapshot(tree, { time: "2022-01-01T00:00:00Z" });
    expect((await found({ patterns: ["wanted"] })).filter((line) => line.startsWith("2022"))).toEqual([
      "2022 match /wanted",
      "2022 match /wanted/inner",
      "2022 match /wanted/inner/file",
    ]);
  });

  it("goes on where a tree is missing, in each snapshot", async () => {
    const missing = sketchNode({ name: "gone", type: "dir", subtree: "ab".repeat(32) as BlobId });
    const tree = await sample.tree([missing, await sample.file("needle", ["shared"])]);
    for (const year of [2022, 2023]) await sample.snapshot(tree, { time: `${year}-01-01T00:00:00Z` });
    expect((await found({ patterns: ["needle"] })).slice(2)).toEqual([
      "2022 unreadable /gone",
      "2022 match /needle",
      "2023 unreadable /gone",
      "2023 match /needle",
    ]);
  });

  it("ends when cancelled, and refuses patterns that are none", async () => {
    const signal = AbortSignal.abort();
    await expect(found({ patterns: ["x"], signal })).rejects.toMatchObject({ code: "cancelled" });
    await expect(found({ patterns: ["["] })).rejects.toMatchObject({ code: "invalid-argument" });
  });
});

describe("findBlobs", () => {
  async function places(wanted: WantedBlobs, leaveOnceFound = false): Promise<string[]> {
    const lines: string[] = [];
    const onEvent = (event: FindBlobsEvent): void => {
      lines.push(`${event.snapshot.time.slice(0, 4)} ${event.type} ${event.path}`);
    };
    const snapshots = await listSnapshots(sample.repository);
    await findBlobs(sample.repository, snapshots, wanted, { leaveOnceFound, onEvent });
    return lines;
  }

  it("finds data and trees, by whole ids and short ones, which become whole", async () => {
    const straw = await sample.blob("data", Buffer.from("straw"));
    const wanted = { data: new Set([straw.slice(0, 8)]), trees: new Set([kept, roots[1]!.slice(0, 8)]) };
    expect(await places(wanted)).toEqual([
      "2020 tree /kept",
      "2020 data /kept/hay/stack",
      "2021 tree /",
      "2021 tree /kept",
      "2021 data /kept/hay/stack",
    ]);
    expect([...wanted.data]).toEqual([straw]);
  });

  it("leaves a snapshot when all trees are found, if asked to", async () => {
    const trees = new Set<string>([roots[0]!]);
    expect(await places({ data: new Set(), trees }, true)).toEqual(["2020 tree /"]);
    trees.add(kept);
    expect(await places({ data: new Set(), trees }, true)).toEqual([
      "2020 tree /",
      "2020 tree /kept",
      "2021 tree /kept",
    ]);
  });

  it("knows the blobs of packs, of missing ones from the index", async () => {
    const pack = sample.packOf(roots[0]!, 1);
    const missing: string[] = [];
    const options = { onMissing: (packs: readonly string[]) => missing.push(...packs) };
    const { data, trees } = await blobsOfPacks(sample.repository, [pack.slice(0, 8)], options);
    expect([data.size, trees.has(roots[0]!)]).toEqual([0, true]);
    expect(missing).toEqual([]);
    await sample.storage.remove({ type: "pack", name: pack });
    expect((await blobsOfPacks(sample.repository, [pack], options)).trees).toEqual(trees);
    expect(missing).toEqual([pack]);
    await expect(blobsOfPacks(sample.repository, ["zz", "yy"], options)).rejects.toMatchObject({
      code: "not-found",
      message: "unable to find pack(s): [yy zz]",
    });
  });
});
