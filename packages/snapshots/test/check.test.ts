import { encodeIndex } from "@tastic/format";
import type { BlobId, IndexPack, PackEntry, PackId, SnapshotId } from "@tastic/format";
import { Repository } from "@tastic/repository";
import { createFaultStorage, type StorageFile } from "@tastic/storage";
import { beforeEach, describe, expect, it } from "vitest";
import { check } from "@tastic/snapshots";
import type { CheckEvent, CheckOptions, CheckResult } from "@tastic/snapshots";
import { PASSWORD, SampleRepository, sketchNode } from "./sample-repository.js";

let sample: SampleRepository;
let first: SnapshotId;
let second: SnapshotId;
let data: BlobId;
let dataPack: string;
let treePack: string;
let secondPack: string;
let root: BlobId;

beforeEach(async () => {
  sample = await SampleRepository.create();
  const file = await sample.file("f", ["some data", "more data", "even more"]);
  data = file.content?.[0] ?? ("" as BlobId);
  root = await sample.tree([await sample.folder("dir", [file])]);
  first = await sample.snapshot(root);
  const other = await sample.file("g", ["other data"]);
  second = await sample.snapshot(await sample.tree([other]));
  dataPack = sample.packOf(data, 0);
  treePack = sample.packOf(root, 1);
  secondPack = sample.packOf(other.content?.[0] ?? ("" as BlobId), 0);
});

async function run(
  options: CheckOptions = {},
): Promise<CheckResult & { errors: string[]; hints: string[]; events: CheckEvent[] }> {
  const events: CheckEvent[] = [];
  const result = await check(await sample.reopen(), {
    onEvent: (event) => void events.push(event),
    ...options,
  });
  const messages = (type: "error" | "hint"): string[] =>
    events.flatMap((event) => (event.type === type ? [event.message] : []));
  return { ...result, errors: messages("error"), hints: messages("hint"), events };
}

async function change(file: StorageFile, edit: (bytes: Uint8Array) => Uint8Array): Promise<void> {
  await sample.storage.save(file, edit(await sample.storage.load(file)));
}

function flip(at: number): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => {
    const index = at < 0 ? bytes.length + at : at;
    bytes[index] = (bytes[index] ?? 0) ^ 1;
    return bytes;
  };
}

const ALL = { readData: { kind: "all" } } as const;

describe("a repository in order", () => {
  it("has no errors, and tells how far the check is", async () => {
    const { errors, hints, events, ...result } = await run(ALL);
    expect([errors, hints]).toEqual([[], []]);
    expect(result).toEqual({
      errorCount: 0,
      brokenPacks: [],
      suggestRepairIndex: false,
      suggestPrune: false,
    });
    const phases = events.flatMap((event) => (event.type === "phase" ? [event.phase] : []));
    expect(phases).toEqual(["index", "packs", "snapshots", "data"]);
    for (const [phase, total] of [
      ["index", 2],
      ["packs", 4],
      ["snapshots", 2],
      ["data", 4],
    ] as const) {
      expect(events).toContainEqual({ type: "progress", phase, done: total, total });
    }
  });

  it("is read only as far as asked", async () => {
    expect((await run()).events.some((event) => event.type === "phase" && event.phase === "data")).toBe(
      false,
    );
    const { events } = await run({ ...ALL, snapshots: [second] });
    expect(events).toContainEqual({ type: "progress", phase: "data", done: 2, total: 2 });
    expect(events).toContainEqual({ type: "progress", phase: "snapshots", done: 1, total: 1 });
  });

  it("must not have its index loaded", async () => {
    await expect(check(sample.repository)).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("is left alone when the check is cancelled", async () => {
    const cancelled = check(await sample.reopen(), { signal: AbortSignal.abort() });
    await expect(cancelled).rejects.toMatchObject({ code: "cancelled" });
  });
});

describe("packs", () => {
  it("that are missing", async () => {
    await sample.storage.remove({ type: "pack", name: dataPack });
    const { errors, errorCount, brokenPacks } = await run();
    expect(errors).toEqual([`pack ${dataPack}: does not exist`]);
    expect([errorCount, brokenPacks]).toEqual([1, []]);
    expect((await run(ALL)).errors[1]).toMatch(/^download error: /);
  });

  it("that are too short or too long", async () => {
    const { length } = await sample.storage.load({ type: "pack", name: dataPack });
    for (const edit of [
      (b: Uint8Array) => b.subarray(0, -3),
      (b: Uint8Array) => Buffer.concat([b, Buffer.from("abcdef")]),
    ]) {
      await change({ type: "pack", name: dataPack }, edit);
      const { errors, brokenPacks } = await run();
      const got = (await sample.storage.load({ type: "pack", name: dataPack })).length;
      expect(errors).toEqual([`pack ${dataPack}: unexpected file size: got ${got}, expected ${length}`]);
      expect(brokenPacks).toEqual([dataPack]);
    }
  });

  it("that nothing refers to", async () => {
    const name = "ab".repeat(32);
    await sample.storage.save({ type: "pack", name }, Buffer.from("whatever"));
    const { errors, hints, suggestPrune } = await run();
    expect(errors).toEqual([]);
    expect(hints[0]).toMatch(/^1 additional files were found in the repo/);
    expect(suggestPrune).toBe(true);
  });

  it("that are in several indexes", async () => {
    await sample.repository.saveUnpacked("index", encodeIndex([describePack(dataPack)]));
    const { errors, hints, suggestRepairIndex } = await run(ALL);
    expect(errors).toEqual([]);
    expect(hints[0]).toMatch(
      new RegExp(`^pack ${dataPack} contained in several indexes: \\{[0-9a-f]{8} [0-9a-f]{8}\\}$`),
    );
    expect(suggestRepairIndex).toBe(true);
  });
});

describe("data", () => {
  it("a byte that changed on the way is no damage", async () => {
    let loads = 0;
    const broken = createFaultStorage(sample.storage, (operation, file) =>
      operation === "load" && file?.name === dataPack && ++loads === 1
        ? { kind: "corrupt", offset: 5 }
        : undefined,
    );
    const repository = await Repository.open(broken, { password: PASSWORD });
    const { errorCount } = await check(repository, { ...ALL, workers: 0 });
    expect(loads).toBe(2);
    expect(errorCount).toBe(0);
  });

  it("a changed byte of a blob is found only by reading", async () => {
    await change({ type: "pack", name: dataPack }, flip(20));
    expect((await run()).errorCount).toBe(0);
    const { errors, brokenPacks, errorCount } = await run(ALL);
    expect(errors[0]).toMatch(
      new RegExp(
        `^pack ${dataPack} contains 2 errors: \\[blob ${data}: .* unexpected pack id [0-9a-f]{64}\\]$`,
      ),
    );
    expect([errorCount, brokenPacks]).toEqual([1, [dataPack]]);
  });

  it.each([-1, -10, -40])("a changed byte in header or length (%i)", async (at) => {
    await change({ type: "pack", name: secondPack }, flip(at));
    const { errors, brokenPacks } = await run(ALL);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/contains 2 errors: \[header.* unexpected pack id/);
    expect(brokenPacks).toEqual([secondPack]);
  });

  it("an index that says something else than the header", async () => {
    const pack = describePack(dataPack);
    const [a, b, ...rest] = pack.blobs;
    if (a === undefined || b === undefined) throw new Error("two blobs expected");
    // Both of the same length: only their names are exchanged.
    await replaceIndex([{ ...pack, blobs: [{ ...a, id: b.id }, { ...b, id: a.id }, ...rest] }]);
    const { errors } = await run(ALL);
    expect(errors.some((error) => error.includes("header and index do not list the same blobs"))).toBe(true);
  });

  it("an index with blobs that overlap", async () => {
    const pack = describePack(dataPack);
    await replaceIndex([
      {
        ...pack,
        blobs: [...pack.blobs].map((blob, i) => (i === 1 ? { ...blob, offset: blob.offset - 1 } : blob)),
      },
    ]);
    const { errors } = await run(ALL);
    expect(errors.some((error) => error.includes("overlap or leave gaps"))).toBe(true);
  });
});

describe("index files", () => {
  it("that are damaged end the check", async () => {
    const [name = ""] = await sample.repository.list("index");
    await change({ type: "index", name }, flip(30));
    const { errors, suggestRepairIndex, errorCount, events } = await run(ALL);
    expect(errors[0]).toMatch(new RegExp(`^error: error loading index ${name}: `));
    expect([errorCount, suggestRepairIndex]).toEqual([1, true]);
    expect(events.some((event) => event.type === "phase" && event.phase === "packs")).toBe(false);
  });
});

describe("snapshots", () => {
  it("that are damaged", async () => {
    await change({ type: "snapshot", name: first }, flip(30));
    const { errors } = await run();
    expect(errors).toEqual([
      expect.stringMatching(new RegExp(`^error: failed to load snapshot ${first.slice(0, 8)}: `)),
    ]);
  });

  it("whose tree no index lists", async () => {
    const tree = "cd".repeat(32) as BlobId;
    await sample.snapshot(tree);
    expect((await run()).errors).toEqual([`error for tree cdcdcdcd:\n  id ${tree} not found in repository`]);
  });

  it("whose tree is damaged", async () => {
    await change({ type: "pack", name: treePack }, flip(20));
    const { errors } = await run();
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/^error for tree [0-9a-f]{8}:\n {2}tree blob /);
  });

  it("whose files and folders lack what they need", async () => {
    const lost = "ef".repeat(32) as BlobId;
    const tree = await sample.tree([
      sketchNode({ name: "a", type: "file", content: null }),
      sketchNode({ name: "b", type: "dir" }),
      sketchNode({ name: "c", type: "file", content: [data, lost] }),
    ]);
    await sample.snapshot(tree);
    // Two snapshots of the same tree: it is looked at once.
    await sample.snapshot(tree, { hostname: "other" });
    const { errors, errorCount } = await run();
    expect(errors).toEqual([
      `error for tree ${tree.slice(0, 8)}:\n` +
        `  tree ${tree}: file "a" has nil blob list\n` +
        `  tree ${tree}: dir node "b" has no subtree\n` +
        `  tree ${tree}: file "c" blob ${lost} not found in index`,
    ]);
    expect(errorCount).toBe(3);
  });

  it("with a tree that is no tree", async () => {
    const tree = await sample.rawTree("[]");
    await sample.snapshot(tree);
    expect((await run()).errors[0]).toMatch(
      new RegExp(`^error for tree ${tree.slice(0, 8)}:\n {2}tree ${tree}`),
    );
  });
});

function describePack(name: string): IndexPack {
  const { index, blobs } = sample.repository;
  const found: PackEntry[] = [];
  for (let entry = 0; entry < index.size; entry++) {
    if (index.kind(entry) === 2 || blobs.packId(entry) !== name) continue;
    found.push({
      id: Buffer.from(index.id(entry)).toString("hex") as BlobId,
      type: index.kind(entry) === 1 ? "tree" : "data",
      offset: index.offset(entry),
      length: index.length(entry),
      uncompressedLength: index.uncompressedLength(entry),
    });
  }
  return { id: name as PackId, blobs: found.sort((a, b) => a.offset - b.offset) };
}

/** One index file with these packs in the place of all. */
async function replaceIndex(packs: IndexPack[]): Promise<void> {
  for (const name of await sample.repository.list("index"))
    await sample.storage.remove({ type: "index", name });
  await sample.repository.saveUnpacked("index", encodeIndex(packs));
}
