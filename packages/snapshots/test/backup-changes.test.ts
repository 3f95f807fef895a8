/** What a backup compares with, what it reads again, and what it makes of a repository that lost something. */
import type { Node, SnapshotId } from "@tastic/format";
import { Repository } from "@tastic/repository";
import { createMemoryStorage, type Storage } from "@tastic/storage";
import { chmodSync, copyFileSync, renameSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { sampleBytes } from "../../../test/support/bytes.js";
import { temporaryFolder } from "../../../test/support/folders.js";
import { type Files, writeFiles } from "../../../test/support/trees.js";
import { forgetLocalOffsets } from "../../format/dist/local-offset.js";
import { fileChanged, sameNode } from "../dist/backup/change-detection.js";
import { backup, type BackupOptions } from "../dist/index.js";
import { blobsIn, countOf, errorsOf, newStorage, only, open, run } from "./backup-support.js";
import { sketchNode } from "./sample-repository.js";

const NONE = { ignoreCtime: false, ignoreInode: false };
const CTIME = { ignoreCtime: true, ignoreInode: false };
const INODE = { ignoreCtime: false, ignoreInode: true };
const BOTH = { ignoreCtime: true, ignoreInode: true };

describe("has a file changed", () => {
  const file = sketchNode({ name: "f", type: "file", size: 5, inode: 7n });
  it.each<[string, Partial<Node>, boolean, boolean, boolean, boolean]>([
    // What differs; then without options, ignoring the ctime, the inode, both.
    ["nothing", {}, false, false, false, false],
    ["the size", { size: 6 }, true, true, true, true],
    ["the size, to nothing", { size: 0 }, true, true, true, true],
    ["the mtime", { mtime: "2024-05-06T07:08:09.123456788Z" }, true, true, true, true],
    ["the ctime", { ctime: "2024-05-06T07:08:09.12345679Z" }, true, false, false, false],
    ["the inode", { inode: 8n }, true, true, false, false],
    ["ctime and inode", { ctime: "2020-05-06T07:08:09Z", inode: 8n }, true, true, false, false],
    ["the zone of the times", { mtime: "2024-05-06T12:38:09.123456789+05:30" }, false, false, false, false],
    [
      "what is not asked for",
      { mode: 0o600, uid: 5, user: "x", atime: "2020-01-01T00:00:00Z", links: 3n },
      false,
      false,
      false,
      false,
    ],
    ["the device", { deviceId: 9n }, false, false, false, false],
  ])("%s", (_, difference, none, ctime, inode, both) => {
    const now = { ...file, ...difference };
    expect([NONE, CTIME, INODE, BOTH].map((options) => fileChanged(now, file, options))).toEqual([
      none,
      ctime,
      inode,
      both,
    ]);
  });

  it("yes, if there was none, or something else", () => {
    expect(fileChanged(file, undefined, BOTH)).toBe(true);
    expect(fileChanged(file, { ...file, type: "symlink" }, BOTH)).toBe(true);
  });

  it("no, if size and inode were zero and so not stored", () => {
    const empty = { ...file, size: 0, inode: 0n };
    const { size: _size, inode: _inode, ...stored } = empty;
    expect(fileChanged(empty, stored, NONE)).toBe(false);
  });
});

describe("are two nodes the same", () => {
  const node = sketchNode({ name: "f", type: "file", inode: 7n });
  it("also if their times are told in other zones", () => {
    const elsewhere = {
      mtime: "2024-05-06T12:38:09.123456789+05:30",
      atime: "2024-05-05T23:08:09.123456789-08:00",
    };
    expect(sameNode(node, { ...node, ...elsewhere })).toBe(true);
  });
  it.each<Partial<Node>>([
    { mode: 1 },
    { uid: 77 },
    { atime: "2020-01-01T00:00:00Z" },
    { links: 2n },
    { content: [], size: 3 },
  ])("not with %o", (difference) => expect(sameNode(node, { ...node, ...difference })).toBe(false));
});

const files = { "a/one": "1", "a/two": "22", three: "333" };

/** Targets are relative, so that no folder above them, which others may touch, is in the snapshot. */
const TARGET = "source";
const here = process.cwd();
afterEach(() => process.chdir(here));

async function makeSource(content: Files = files): Promise<string> {
  const folder = await temporaryFolder();
  await writeFiles(join(folder, TARGET), content);
  process.chdir(folder);
  return join(folder, TARGET);
}

/** A folder that was saved once. */
async function saved(): Promise<{ folder: string; storage: Storage; first: SnapshotId | undefined }> {
  const folder = await makeSource();
  const storage = await newStorage();
  const { result } = await run(storage, { targets: [TARGET] });
  return { folder, storage, first: result.snapshotId };
}

describe.each([0, 2])("a second backup, with %i workers", (workers) => {
  const again = (storage: Storage, more: Partial<BackupOptions> = {}) =>
    run(storage, { targets: [TARGET], workers, ...more });

  it("reads nothing that is as it was, and says so", async () => {
    const { storage, first } = await saved();
    const before = await countOf(storage, "pack");
    const { result, snapshot, events } = await again(storage);
    expect(result).toMatchObject({ parentId: first, errorCount: 0 });
    expect(snapshot.parent).toBe(first);
    expect(result.summary).toMatchObject({
      filesNew: 0,
      filesChanged: 0,
      filesUnmodified: 3,
      dirsNew: 0,
      dirsChanged: 0,
      dataBlobs: 0,
      treeBlobs: 0,
      dataAdded: 0,
      totalFilesProcessed: 3,
      totalBytesProcessed: 6,
    });
    expect(only(events, "parent")).toEqual([{ type: "parent", id: first }]);
    expect(only(events, "item").every(({ action }) => action === "unchanged")).toBe(true);
    expect(only(events, "progress").at(-1)).toMatchObject({ filesDone: 3, bytesDone: 6 });
    expect(await countOf(storage, "pack")).toBe(before);
  });

  it("knows a file that was not read from one that was", async () => {
    const { folder, storage } = await saved();
    writeFileSync(join(folder, "three"), "4444");
    utimesSync(join(folder, "a/two"), 1, 1);
    writeFileSync(join(folder, "a/new"), "5");
    const { result, events } = await again(storage);
    expect(result.summary).toMatchObject({ filesNew: 1, filesChanged: 2, filesUnmodified: 1, dataBlobs: 2 });
    const actions = only(events, "item");
    expect(actions.map(({ action, kind, path }) => `${action} ${kind} ${path}`).sort()).toEqual([
      "changed dir /source/",
      "changed dir /source/a/",
      "changed file /source/a/two",
      "changed file /source/three",
      "new file /source/a/new",
      "unchanged file /source/a/one",
    ]);
    expect(only(events, "progress").at(-1)).toMatchObject({ filesDone: 4, bytesDone: 8 });
  });

  it("records new metadata of a file that it does not read", async () => {
    const { folder, storage } = await saved();
    chmodSync(join(folder, "three"), 0o600);
    const { nodes, result } = await again(storage, { ignoreCtime: true });
    expect((nodes.get("/source/three")?.mode ?? 0) & 0o777).toBe(0o600);
    // As with restic, what counts is that it was not read.
    expect(result.summary).toMatchObject({ filesUnmodified: 3, dataBlobs: 0 });
  });

  it("reads a file in the place of another one of the same size and time", async () => {
    const { folder, storage } = await saved();
    const path = join(folder, "three");
    const { atime, mtime } = statSync(path);
    copyFileSync(path, `${path}.copy`);
    writeFileSync(`${path}.copy`, "abc");
    utimesSync(`${path}.copy`, atime, mtime);
    renameSync(`${path}.copy`, path);
    utimesSync(path, atime, mtime);
    const { result } = await again(storage);
    expect(result.summary).toMatchObject({ filesChanged: 1, dataBlobs: 1 });
  });

  it("compares instants, not what clocks say in different places", async () => {
    const zone = process.env["TZ"];
    try {
      process.env["TZ"] = "Asia/Kolkata";
      forgetLocalOffsets();
      const { storage } = await saved();
      process.env["TZ"] = "America/Los_Angeles";
      forgetLocalOffsets();
      const { result, nodes } = await again(storage);
      expect(nodes.get("/source/three")?.mtime).toMatch(/-0[78]:00$/);
      expect(result.summary).toMatchObject({ filesUnmodified: 3, filesChanged: 0, dataBlobs: 0 });
    } finally {
      if (zone === undefined) delete process.env["TZ"];
      else process.env["TZ"] = zone;
      forgetLocalOffsets();
    }
  });

  it("reads everything when forced to, and has no parent, even a named one", async () => {
    const { storage, first } = await saved();
    for (const parent of [undefined, first]) {
      const { result, snapshot } = await again(storage, {
        force: true,
        ...(parent === undefined ? {} : { parent }),
      });
      expect(result.parentId).toBeUndefined();
      expect(snapshot.parent).toBeUndefined();
      expect(result.summary).toMatchObject({ filesNew: 3, filesUnmodified: 0, dataBlobs: 0, treeBlobs: 0 });
    }
  });

  it("makes no snapshot of what is unchanged, if asked so", async () => {
    const { folder, storage, first } = await saved();
    const { result } = await again(storage, { skipIfUnchanged: true });
    expect(result).toMatchObject({ parentId: first });
    expect(result.snapshotId).toBeUndefined();
    expect(await countOf(storage, "snapshot")).toBe(1);
    writeFileSync(join(folder, "three"), "4");
    const changed = await again(storage, { skipIfUnchanged: true });
    expect(changed.result.snapshotId).toBeDefined();
    const forced = await again(storage, { skipIfUnchanged: true, force: true });
    expect(forced.result.snapshotId).toBeDefined();
  });

  it("reads a file again whose content is lost", async () => {
    const folder = await makeSource({ big: sampleBytes(3_000_000), small: "s" });
    const storage = await newStorage();
    await run(storage, { targets: [TARGET] });
    const blobs = await blobsIn(storage, "data");
    await loseBlobs(storage, "data");
    const { result, events } = await again(storage);
    expect(errorsOf(events)).toEqual(
      ["big", "small"].map((name) => {
        const path = join(folder, name);
        return `${path}: parts of ${path} not found in the repository index; storing the file again`;
      }),
    );
    expect(result).toMatchObject({ errorCount: 2 });
    expect(result.summary).toMatchObject({ filesUnmodified: 2, dataBlobs: blobs.length, treeBlobs: 0 });
    expect(await blobsIn(storage, "data")).toEqual(blobs);
  });

  it("reads everything again below a tree that is lost", async () => {
    const { storage, first } = await saved();
    const blobs = await blobsIn(storage, "tree");
    await loseBlobs(storage, "tree");
    const { result, events } = await again(storage);
    expect(errorsOf(events)).toEqual([
      expect.stringMatching(
        /^\/: \/: tree [0-9a-f]{64} is not known; the repository could be damaged, run `repair/,
      ),
    ]);
    expect(result).toMatchObject({ parentId: first, errorCount: 1 });
    expect(result.summary).toMatchObject({ filesNew: 3, dataBlobs: 0, treeBlobs: blobs.length });
    expect(await blobsIn(storage, "tree")).toEqual(blobs);
  });
});

/** Takes the packs of a kind out of a repository, and out of its index. */
async function loseBlobs(storage: Storage, type: "data" | "tree"): Promise<void> {
  const repository = await open(storage);
  for await (const { name, size } of storage.list("pack")) {
    const entries = await repository.loadPackHeader(name as never, size);
    if (entries.some((entry) => entry.type === type)) await storage.remove({ type: "pack", name });
  }
  const kept = new Set<string>();
  for await (const { name } of storage.list("pack")) kept.add(name);
  for (const id of await repository.list("index")) {
    const json = Buffer.from(await repository.loadUnpacked("index", id as never)).toString();
    const index = JSON.parse(json) as { packs: { id: string }[] };
    await storage.remove({ type: "index", name: id });
    const packs = index.packs.filter((pack) => kept.has(pack.id));
    await repository.saveUnpacked("index", Buffer.from(`${JSON.stringify({ packs })}\n`));
  }
}

describe("the parent of a backup", () => {
  const day = (n: number): bigint => BigInt(Date.UTC(2024, 0, n)) * 1_000_000n;
  it.each<[string, Partial<BackupOptions>, string | undefined]>([
    ["the latest of the same host and paths", {}, "b2"],
    ["not one that is newer", { time: day(2) }, "b1"],
    ["not one of another host", { hostname: "elsewhere" }, undefined],
    ["the one that is named, whatever it is", { parent: "other" as SnapshotId }, "other"],
    [
      "of any host, grouped by paths",
      { hostname: "new", groupBy: { host: false, paths: true, tags: false } },
      "b2",
    ],
    ["of any paths, grouped by host", { groupBy: { host: true, paths: false, tags: false } }, "both"],
    [
      "of the same tags, if asked for",
      { tags: ["t"], groupBy: { host: true, paths: true, tags: true } },
      "b1",
    ],
    ["none before the first", { time: day(0) }, undefined],
  ])("is %s", async (_, options, expected) => {
    const folder = await temporaryFolder();
    await writeFiles(folder, { "b/x": "1", "c/x": "2" });
    const b = join(folder, "b");
    const c = join(folder, "c");
    const storage = await newStorage();
    const ids = new Map<SnapshotId | undefined, string>();
    const make = async (name: string, more: Partial<BackupOptions>): Promise<void> => {
      ids.set((await run(storage, { force: true, ...more })).result.snapshotId, name);
    };
    await make("b1", { targets: [b], time: day(1), tags: ["t", "u"] });
    await make("b2", { targets: [b], time: day(3) });
    await make("other", { targets: [c], time: day(4), hostname: "other" });
    await make("both", { targets: [c], time: day(5) });
    const named = [...ids].find(([, name]) => name === options.parent)?.[0];
    const { result } = await run(storage, {
      targets: [b],
      ...options,
      ...(named === undefined ? {} : { parent: named }),
    });
    expect(ids.get(result.parentId)).toBe(expected);
  });

  it("may be one of more paths", async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, { "b/x": "1", "c/x": "2" });
    const storage = await newStorage();
    const { result } = await run(storage, { targets: [join(folder, "b"), join(folder, "c")] });
    const next = await run(storage, { targets: [join(folder, "c")] });
    expect(next.result.parentId).toBe(result.snapshotId);
    expect(next.result.summary).toMatchObject({ filesUnmodified: 1 });
  });
});

describe("an opened repository", () => {
  it("serves one backup after the other", async () => {
    await makeSource();
    const storage = createMemoryStorage();
    const repository = await Repository.init(storage, { password: "geheim", scrypt: { N: 16, r: 1, p: 1 } });
    const options = { targets: [TARGET], programVersion: "test", workers: 0 };
    await backup(repository, options);
    const { summary } = await backup(repository, options);
    expect(summary).toMatchObject({ filesUnmodified: 3, dataAdded: 0 });
  });

  it.each<[string, Partial<BackupOptions>]>([
    ["a dry run", { dryRun: true }],
    ["one that failed", { signal: AbortSignal.abort() }],
  ])("refuses a backup after %s: its index says more than what is stored", async (_, first) => {
    await makeSource();
    const repository = await open(await newStorage());
    const options = { targets: [TARGET], programVersion: "test", workers: 0 };
    await backup(repository, { ...options, ...first }).catch(() => undefined);
    await expect(backup(repository, options)).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("refuses two backups at once", async () => {
    await makeSource();
    const repository = await open(await newStorage());
    const options = { targets: [TARGET], programVersion: "test", workers: 0 };
    const results = await Promise.allSettled([backup(repository, options), backup(repository, options)]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  });
});
