/** What a backup stores: the same, whoever reads the files, and nothing twice. */
import fc from "fast-check";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { sampleBytes, sha256Hex } from "../../../test/support/bytes.js";
import { temporaryFolder } from "../../../test/support/folders.js";
import { type Run, blobsIn, contentOf, errorsOf, newStorage, only, run } from "./backup-support.js";

const here = process.cwd();
afterEach(() => process.chdir(here));

/** Goes to a new folder and makes `source` in it. */
async function enter(): Promise<string> {
  const folder = await temporaryFolder();
  process.chdir(folder);
  mkdirSync("source");
  return join(folder, "source");
}

/** Saves `source` with each of these numbers of workers; what they store must not differ. */
async function saveWith(...counts: number[]): Promise<Run> {
  const runs = [];
  for (const workers of counts) {
    const storage = await newStorage();
    const saved = await run(storage, { targets: ["source"], workers });
    expect(errorsOf(saved.events)).toEqual([]);
    runs.push({
      saved,
      storage,
      data: await blobsIn(storage, "data"),
      trees: await blobsIn(storage, "tree"),
    });
  }
  const [first, ...others] = runs;
  if (first === undefined) throw new Error("no numbers of workers");
  for (const each of [first, ...others]) {
    expect(each.saved.snapshot.tree).toBe(first.saved.snapshot.tree);
    expect(each.data).toEqual([...new Set(first.data)]);
    expect(each.trees).toEqual([...new Set(first.trees)]);
    const { summary } = each.saved.result;
    expect(summary).toMatchObject({ dataBlobs: each.data.length, treeBlobs: each.trees.length });
    const { dataAdded, filesNew, dirsNew, totalBytesProcessed } = first.saved.result.summary;
    expect(summary).toMatchObject({ dataAdded, filesNew, dirsNew, totalBytesProcessed });
  }
  return first.saved;
}

const MiB = 1 << 20;

describe("what is stored", () => {
  it("is the same for any tree, with threads and without", { timeout: 120_000 }, async () => {
    const name = fc.constantFrom("a", "b", "ä", "z z", "\u{1f389}", "\ufffd", "B", "-", ".x");
    const content = fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 0, max: 600 }) },
      { weight: 1, arbitrary: fc.integer({ min: 500_000, max: 1_600_000 }) },
    );
    interface Tree {
      [name: string]: Tree | { size: number; seed: number };
    }
    const file = fc.record({ size: content, seed: fc.integer({ min: 0, max: 3 }) });
    const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
      tree: fc.dictionary(name, fc.oneof({ maxDepth: 3 }, file, tie("tree")), {
        maxKeys: 5,
        noNullPrototype: true,
      }),
    }));
    const make = (folder: string, entries: Tree): void => {
      mkdirSync(folder);
      for (const [entry, value] of Object.entries(entries)) {
        const path = join(folder, entry);
        if (typeof value.size === "number")
          writeFileSync(path, sampleBytes(value.size, value.seed as number));
        else make(path, value as Tree);
      }
    };
    await fc.assert(
      fc.asyncProperty(tree, async (entries) => {
        const source = await enter();
        rmSync(source, { recursive: true });
        make(source, entries);
        await saveWith(0, 2);
      }),
      { numRuns: 15 },
    );
  });

  it("is the same for files around the limits of chunks and buffers", async () => {
    const source = await enter();
    for (const size of [512 * 1024, 8 * MiB, 16 * MiB]) {
      for (const more of [-1, 0, 1])
        writeFileSync(join(source, `zeros-${size + more}`), new Uint8Array(size + more));
      for (const more of [-1, 0, 1])
        writeFileSync(join(source, `bytes-${size + more}`), sampleBytes(size + more));
    }
    const { nodes } = await saveWith(0, 2);
    for (const [path, node] of nodes) {
      if (node.type === "file")
        expect(path).toBe(`/source/${path.split("/")[2]?.split("-")[0]}-${node.size}`);
    }
    // Zeros are cut at the least size, whatever comes before.
    expect(nodes.get(`/source/zeros-${8 * MiB}`)?.content).toHaveLength(16);
    expect(nodes.get(`/source/zeros-${8 * MiB + 1}`)?.content).toHaveLength(17);
    expect(nodes.get(`/source/bytes-${512 * 1024}`)?.content).toHaveLength(1);
  });

  it("gives back a file of many buffers, one byte like the other", async () => {
    const source = await enter();
    const bytes = sampleBytes(40 * MiB + 12_345, 9);
    writeFileSync(join(source, "large"), bytes);
    await saveWith(0, 1);
    const storage = await newStorage();
    const { nodes } = await run(storage, { targets: ["source"], workers: 2 });
    const node = nodes.get("/source/large");
    expect(node?.size).toBe(bytes.length);
    expect(sha256Hex(await contentOf(storage, node))).toBe(sha256Hex(bytes));
  });

  it("is the same for a file so large that all read parts of it", async () => {
    const source = await enter();
    const noise = sampleBytes(50 * MiB, 11);
    const bytes = Buffer.concat([noise, Buffer.alloc(30 * MiB), noise, sampleBytes(12_345, 12)]);
    writeFileSync(join(source, "large"), bytes);
    for (let i = 0; i < 50; i++) writeFileSync(join(source, `small-${i}`), sampleBytes(30_000, i));
    const { nodes } = await saveWith(0, 1, 2);
    expect(nodes.get("/source/large")?.size).toBe(bytes.length);
    const storage = await newStorage();
    const again = await run(storage, { targets: ["source"], workers: 2 });
    const restored = await contentOf(storage, again.nodes.get("/source/large"));
    expect(sha256Hex(restored)).toBe(sha256Hex(bytes));
  });

  it.each([0, 2, 4])("holds the same content of 200 files once, with %i workers", async (workers) => {
    const source = await enter();
    const bytes = sampleBytes(700_000);
    for (let i = 0; i < 200; i++) writeFileSync(join(source, String(i)), bytes);
    const storage = await newStorage();
    const { result } = await run(storage, { targets: ["source"], workers });
    const data = await blobsIn(storage, "data");
    expect(data).toEqual([...new Set(data)]);
    expect(result.summary).toMatchObject({
      filesNew: 200,
      dataBlobs: data.length,
      totalBytesProcessed: 200 * 700_000,
    });
    const trees = await blobsIn(storage, "tree");
    expect(trees).toEqual([...new Set(trees)]);
  });

  it("holds folders of the same content once", async () => {
    const source = await enter();
    for (let i = 0; i < 50; i++) mkdirSync(join(source, String(i)));
    const storage = await newStorage();
    const { result } = await run(storage, { targets: ["source"] });
    // The empty one, the source, and the snapshot's own.
    expect(await blobsIn(storage, "tree")).toHaveLength(3);
    expect(result.summary).toMatchObject({ treeBlobs: 3, dirsNew: 51, dataBlobs: 0 });
  });

  it("counts in events what it counts in the summary", async () => {
    const source = await enter();
    for (let i = 0; i < 20; i++) writeFileSync(join(source, String(i)), sampleBytes(100_000, i % 7));
    const { events, result } = await run(await newStorage(), { targets: ["source"], workers: 2 });
    const items = only(events, "item");
    const sum = (field: "dataSize" | "dataSizeStored" | "treeSize" | "treeSizeStored"): number =>
      items.reduce((total, item) => total + item[field], 0);
    expect(items).toHaveLength(21);
    expect(sum("dataSize")).toBe(700_000);
    // The snapshot's own tree is no item.
    expect(result.summary.dataAdded).toBeGreaterThan(sum("dataSize") + sum("treeSize"));
    expect(result.summary.dataAddedPacked).toBeGreaterThan(sum("dataSizeStored") + sum("treeSizeStored"));
  });
});

describe("more files than may wait", () => {
  it.each([0, 2])("are saved all the same, with %i workers", async (workers) => {
    const source = await enter();
    for (let i = 0; i < 5000; i++) writeFileSync(join(source, `f${i}`), String(i));
    for (let i = 0; i < 3000; i++) mkdirSync(join(source, `d${i}`));
    const { nodes, result } = await run(await newStorage(), { targets: ["source"], workers });
    expect(nodes.size).toBe(8001);
    expect(result.summary).toMatchObject({ filesNew: 5000, dirsNew: 3001, dataBlobs: 5000 });
  });
});
